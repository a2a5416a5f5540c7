/** @file Cases of kinds `normalizers`, `pre_tokenizers`, `decoders`, `models`, `post_processors`: components of
 *  tokenizer.json alone. A check a vector. */

import { isUserError } from "../../../../platform/errors.js";
import { makeTokenDecoder, type TokenDecoder } from "../../../../tokenizer/decoders/index.js";
import { codePointPlaces } from "../../../../tokenizer/encoding/pipeline.js";
import { type Tokenizer, tokenizerFromJson } from "../../../../tokenizer/index.js";
import { makeNormalizer } from "../../../../tokenizer/normalizers/index.js";
import { makePreTokenizer } from "../../../../tokenizer/pretokenizers/index.js";
import { type AlignedText, alignedText, endAt, startAt } from "../../../../tokenizer/text/aligned.js";
import { type CaseContext, type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";
import { compareEncoding, componentOf, createDifferences, type Differences, jsonOf } from "./rows.js";

const placeOf = (name: string) => ({ file: "case.json", at: name });

/** A kind whose rows each name a component. */
function componentKind(
  kind: string,
  check: (row: Row, context: CaseContext, differences: Differences) => void,
): CaseKind {
  return {
    name: kind,
    matches: (json) => json.kind === kind,
    *run(context) {
      for (const row of rowsOf(context, context.json.vectors)) yield runRow(row, context, check);
    },
  };
}

function runRow(
  row: Row,
  context: CaseContext,
  check: (row: Row, context: CaseContext, differences: Differences) => void,
): CheckResult {
  const name = `${String(row.component)} ${JSON.stringify(row.id ?? row.text)}`;
  const differences = createDifferences();
  try {
    check(row, context, differences);
    // Where the library crashes, anything sensible will do.
    if (row.panic !== true)
      differences.that(row.error === undefined, `no error; the library says ${String(row.error)}`);
  } catch (error) {
    if (row.error === undefined || !isUserError(error)) return resultOfError(name, error);
  }
  return differences.result(name);
}

const normalizers = componentKind("normalizers", (row, context, differences) => {
  const name = String(row.component);
  const normalize = context.once(name, () => makeNormalizer(componentOf(context, name), placeOf(name)));
  const normalized = normalize(alignedText(String(row.text)));
  differences.same("text", normalized.text, row.expected);
  differences.same("alignment", alignment(normalized, String(row.text)), row.alignment);
});

/** [start, end] of each code point in code points of the original. */
function alignment(text: AlignedText, original: string): number[][] {
  const place = codePointPlaces(original);
  const places: number[][] = [];
  let at = 0;
  for (const character of text.text) {
    places.push([place(startAt(text, at)), place(endAt(text, at + character.length - 1))]);
    at += character.length;
  }
  return places;
}

const preTokenizers = componentKind("pre_tokenizers", (row, context, differences) => {
  const name = String(row.component);
  const preTokenize = context.once(name, () => makePreTokenizer(componentOf(context, name), placeOf(name)));
  const text = String(row.text);
  const pieces = preTokenize(alignedText(text)).filter((piece) => piece.text !== "");
  const units = pieces.map((piece) => [startAt(piece, 0), endAt(piece, piece.text.length - 1)]);
  const place = codePointPlaces(text);
  differences.same(
    "pieces",
    pieces.map((piece) => piece.text),
    row.pieces,
  );
  differences.same(
    "offsets",
    units.map((pair) => pair.map(place)),
    row.offsets,
  );
  differences.same("offsets in UTF-16", units, row.offsets_utf16 ?? row.offsets);
});

const decoders = componentKind("decoders", (row, context, differences) => {
  const name = String(row.component);
  const decoder = context.once(name, () => makeTokenDecoder(componentOf(context, name), placeOf(name)));
  const tokens = row.tokens as string[];
  const text = decoder.decode(tokens);
  if (row.expected !== undefined) differences.same("text", text, row.expected);
  differences.same("streamed", streamed(decoder, tokens), text);
});

function streamed(decoder: TokenDecoder, tokens: readonly string[]): string {
  const stream = decoder.stream();
  return tokens.map((token) => stream.push(token)).join("") + stream.end();
}

const models = componentKind("models", (row, context, differences) => {
  const name = String(row.component);
  const tokenizer = context.once(name, () => tokenizerFromJson({ model: componentOf(context, name) }));
  compareText(tokenizer, row, differences, {});
});

function compareText(tokenizer: Tokenizer, row: Row, differences: Differences, options: object): void {
  const encode = (offsets: "codePoints" | "utf16") =>
    tokenizer.encoding(String(row.text), { special: "all", offsets, ...options });
  compareEncoding(differences, "", { codePoints: encode("codePoints"), utf16: encode("utf16") }, row);
}

const postProcessors = componentKind("post_processors", (row, context, differences) => {
  const name = String(row.component);
  const tokenizer = context.once(`${name} ${String(row.add_prefix_space)}`, () => {
    const json = jsonOf(context, context.json.tokenizer) as { pre_tokenizer: object };
    return tokenizerFromJson({
      ...json,
      pre_tokenizer: { ...json.pre_tokenizer, add_prefix_space: row.add_prefix_space },
      post_processor: componentOf(context, name),
    });
  });
  compareText(tokenizer, row, differences, {
    pair: row.pair ?? undefined,
    addSpecialTokens: row.add_special_tokens,
  });
});

export const componentKinds: readonly CaseKind[] = [
  normalizers,
  preTokenizers,
  decoders,
  models,
  postProcessors,
];
