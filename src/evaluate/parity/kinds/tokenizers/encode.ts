/** @file Cases of kind `encode`: a whole tokenizer.json; texts, pairs, batches, words, and ids as they come. */

import { isUserError } from "../../../../platform/errors.js";
import { makeTokenDecoder, type TokenDecoder } from "../../../../tokenizer/decoders/index.js";
import {
  type BatchOptions,
  type Encoding,
  type EncodingInput,
  type Padding,
  type Tokenizer,
  type Truncation,
  tokenizerFromJson,
} from "../../../../tokenizer/index.js";
import { type CaseContext, type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";
import { compareEncoding, createDifferences, type Differences, jsonOf } from "./rows.js";

interface Opened {
  readonly tokenizer: Tokenizer;
  readonly special: "none" | "all";
  /** The library's decoder on the bare spellings. */
  readonly decoder: TokenDecoder;
}

export const encodeKind: CaseKind = {
  name: "encode",
  matches: (json) => json.kind === "encode",
  *run(context) {
    const json = jsonOf(context, context.json.tokenizer);
    const settings = context.json.settings as { encode_special_tokens?: boolean } | undefined;
    const opened: Opened = {
      tokenizer: tokenizerFromJson(json),
      special: settings?.encode_special_tokens ? "none" : "all",
      decoder: makeTokenDecoder((json as Row).decoder, { file: "tokenizer.json", at: "decoder" }),
    };
    yield* run(context, "vectors", opened, checkText);
    yield* run(context, "pairs", opened, checkPair);
    yield* run(context, "stream", opened, checkStream);
  },
};

function* run(
  context: CaseContext,
  key: string,
  opened: Opened,
  check: (row: Row, opened: Opened, differences: Differences) => void,
): Iterable<CheckResult> {
  if (context.json[key] === undefined) return;
  for (const row of rowsOf(context, context.json[key])) {
    const name = `${key} ${String(row.id)}`;
    const differences = createDifferences();
    try {
      check(row, opened, differences);
      if (row.panic !== true && key !== "stream")
        differences.that(row.error === undefined, `no error; the library says ${String(row.error)}`);
      yield differences.result(name);
    } catch (error) {
      if (row.error !== undefined && isUserError(error)) yield { check: name, status: "ok" };
      else yield resultOfError(name, error);
    }
  }
}

type Batch = ReadonlyArray<readonly [EncodingInput, EncodingInput?]>;

function both(
  tokenizer: Tokenizer,
  batch: Batch,
  options: BatchOptions,
): { codePoints: Encoding; utf16: Encoding }[] {
  const codePoints = tokenizer.encodings(batch, { ...options, offsets: "codePoints" });
  const utf16 = tokenizer.encodings(batch, { ...options, offsets: "utf16" });
  return codePoints.map((e, i) => ({ codePoints: e, utf16: utf16[i]! }));
}

function checkText(row: Row, opened: Opened, differences: Differences): void {
  const { tokenizer, special } = opened;
  const text = String(row.text);
  const [encoded] = both(tokenizer, [[text]], { special });
  const n = encoded!.codePoints.ids.length;
  const zeros = new Array<number>(n).fill(0);
  compareEncoding(differences, "", encoded!, { special_tokens_mask: zeros, type_ids: zeros, ...row });
  const plain = tokenizer.encodings([[text]], {
    special,
    addSpecialTokens: false,
    truncation: null,
    padding: null,
  });
  differences.same("encode", [...tokenizer.encode(text, { special })], [...plain[0]!.ids]);
  if (row.decoded === undefined) return;
  differences.same("ids_plain", [...plain[0]!.ids], row.ids_plain ?? row.ids);
  const ids = row.ids as number[];
  checkDecoded(opened, ids, false, row.decoded, differences);
  checkDecoded(opened, ids, true, row.decoded_skip ?? row.decoded, differences);
}

/** Decoding and streaming. Where the library reads an added token's letters as bytes, which loses them, ours must be the
 *  text itself. */
function checkDecoded(
  { tokenizer, decoder }: Opened,
  ids: readonly number[],
  skipSpecialTokens: boolean,
  expected: unknown,
  differences: Differences,
): void {
  const text = tokenizer.decode(ids, { skipSpecialTokens });
  const letters = new Map(
    tokenizer.addedTokens.map((t) => [t.id, t.normalized ? t.content.toLowerCase() : t.content]),
  );
  const specials = new Set(tokenizer.specialTokens.values());
  const library = decoder.decode(
    ids.flatMap((id) =>
      skipSpecialTokens && specials.has(id) ? [] : [letters.get(id) ?? tokenizer.idToToken(id) ?? ""],
    ),
  );
  const loses = decoder.readsByteLetters && library.includes("\ufffd") && text !== library;
  differences.same("decoded", loses ? library : text, expected);
  const stream = tokenizer.streamDecoder({ skipSpecialTokens });
  differences.same("streamed", ids.map((id) => stream.push(id)).join("") + stream.end(), text);
}

interface TruncationRow {
  max_length: number;
  stride: number;
  strategy: string;
  direction: "left" | "right";
}

function truncationOf(json: unknown): Truncation | null {
  if (json === null || json === undefined) return null;
  const { max_length, stride, strategy, direction } = json as TruncationRow;
  const camel = strategy.replace(/_(.)/, (_, letter: string) => letter.toUpperCase());
  return { maxLength: max_length, stride, direction, strategy: camel as Truncation["strategy"] };
}

interface PaddingRow {
  direction: "left" | "right";
  pad_id: number;
  pad_type_id: number;
  pad_token: string;
  length: number | null;
  pad_to_multiple_of: number | null;
}

function paddingOf(json: unknown): Padding | null {
  if (json === null || json === undefined) return null;
  const p = json as PaddingRow;
  return {
    direction: p.direction,
    id: p.pad_id,
    typeId: p.pad_type_id,
    token: p.pad_token,
    length: p.length ?? undefined,
    multipleOf: p.pad_to_multiple_of ?? undefined,
  };
}

function checkPair(row: Row, { tokenizer, special }: Opened, differences: Differences): void {
  const batch =
    (row.batch as Batch | undefined) ??
    ([[row.words ?? row.text, row.words_pair ?? row.pair ?? undefined]] as unknown as Batch);
  const encoded = both(tokenizer, batch, {
    special,
    addSpecialTokens: row.add_special_tokens === true,
    truncation: truncationOf(row.truncation),
    padding: paddingOf(row.padding),
  });
  const expected = (row.encodings as Row[] | undefined) ?? [
    { ...(row.encoding as Row | undefined), overflowing: row.overflowing },
  ];
  if (row.error !== undefined) return;
  expected.forEach((want, i) => {
    compareEncoding(
      differences,
      row.encodings === undefined ? "" : `${i}: `,
      encoded[i]!,
      want,
      row.words === undefined,
    );
  });
}

/** What came out at each step must be the beginning of the whole, and no less than the library gave; but a run of byte
 *  tokens may wait for its end, since a bad byte makes all of it U+FFFD. */
function checkStream(row: Row, { tokenizer }: Opened, differences: Differences): void {
  const skipSpecialTokens = row.skip_special_tokens === true;
  const prefill = (row.prefill as number[] | undefined) ?? [];
  const ids = row.ids as number[];
  const stream = tokenizer.streamDecoder({ skipSpecialTokens });
  let text = prefill.map((id) => stream.push(id)).join("");
  const whole = tokenizer.decode([...prefill, ...ids], { skipSpecialTokens });
  const steps = row.steps as (string | null)[];
  const before = tokenizer.decode(prefill, { skipSpecialTokens });
  let library = before;
  ids.forEach((id, i) => {
    text += stream.push(id);
    library += steps[i] ?? "";
    differences.that(whole.startsWith(text), `step ${i}: ${JSON.stringify(text)} does not begin the whole`);
    const inBytes = /^<0x[0-9A-F]{2}>$/.test(tokenizer.idToToken(id) ?? "");
    if (i < steps.length && whole.startsWith(library) && !inBytes)
      differences.that(
        text.length >= library.replace(/\ufffd+$/, "").length,
        `step ${i}: later than the library's ${JSON.stringify(library)}`,
      );
  });
  differences.same("streamed", text + stream.end(), whole);
  if (row.error === undefined) differences.same("decode", whole, row.decode);
}
