/** @file Cases of kinds `tiktoken` and `sentencepiece`: the field's other files. */

import { isUserError } from "../../../../platform/errors.js";
import { readSentencePiece, readTiktoken, type Tokenizer } from "../../../../tokenizer/index.js";
import { type CaseContext, type CaseKind, type CheckResult, resultOfError } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";
import { compareEncoding, createDifferences, type Differences } from "./rows.js";

type Check = (row: Row, tokenizer: Tokenizer, differences: Differences, context: CaseContext) => void;

function* checkRows(
  context: CaseContext,
  key: string,
  tokenizer: Tokenizer,
  check: Check,
): Iterable<CheckResult> {
  if (context.json[key] === undefined) return;
  for (const [i, row] of rowsOf(context, context.json[key]).entries()) {
    const name = `${key} ${String(row.id ?? i)}`;
    const differences = createDifferences();
    try {
      check(row, tokenizer, differences, context);
      differences.that(row.error === undefined, `no error; the library says ${String(row.error)}`);
      yield differences.result(name);
    } catch (error) {
      if (row.error !== undefined && isUserError(error)) yield { check: name, status: "ok" };
      else yield resultOfError(name, error);
    }
  }
}

function checkDecode(
  tokenizer: Tokenizer,
  ids: readonly number[],
  expected: unknown,
  differences: Differences,
): void {
  const text = tokenizer.decode(ids);
  differences.same("decoded", text, expected);
  const stream = tokenizer.streamDecoder();
  differences.same("streamed", ids.map((id) => stream.push(id)).join("") + stream.end(), text);
}

export const tiktokenKind: CaseKind = {
  name: "tiktoken",
  matches: (json) => json.kind === "tiktoken",
  *run(context) {
    const tokenizer = readTiktoken(context.path(context.json.file), {
      pattern: String(context.json.pat_str),
      specialTokens: context.json.special_tokens as Record<string, number>,
    });
    yield* checkRows(context, "vectors", tokenizer, (row, _, differences) => {
      const text = String(row.text);
      const ids = [...tokenizer.encode(text)];
      const all = tokenizer.encoding(text, { special: "all", offsets: "codePoints" });
      differences.same("ids", ids, row.ids);
      differences.same(
        "ids with special tokens",
        [...tokenizer.encode(text, { special: "all" })],
        row.ids_special_all ?? row.ids,
      );
      differences.same("ids of the encoding", [...all.ids], row.ids_special_all ?? row.ids);
      const starts = all.offsets.map(([start]) => start);
      differences.same("offset_starts", starts, row.offset_starts);
      checkDecode(tokenizer, ids, row.decoded, differences);
    });
    yield* checkRows(context, "special", tokenizer, (row, _, differences) => {
      const special = row.allowed_special as "all" | "none" | string[];
      const refuse = row.disallowed_special as "all" | string[];
      differences.same("ids", [...tokenizer.encode(String(row.text), { special, refuse })], row.ids);
    });
    yield* checkRows(context, "decode", tokenizer, (row, _, differences) => {
      const ids = row.ids as number[];
      checkDecode(tokenizer, ids, row.decoded, differences);
      const hex = ids
        .flatMap((id) => [...tokenizer.tokenBytes(id)])
        .map((b) => b.toString(16).padStart(2, "0"));
      differences.same("bytes", hex.join(""), row.bytes_hex);
    });
  },
};

export const sentencePieceKind: CaseKind = {
  name: "sentencepiece",
  matches: (json) => json.kind === "sentencepiece",
  *run(context) {
    const tokenizer = readSentencePiece(context.path(context.json.file));
    yield checkPieces(tokenizer, context);
    yield* checkRows(context, "vectors", tokenizer, (row, _, differences) => {
      const text = String(row.text);
      const [codePoints, utf16] = (["codePoints", "utf16"] as const).map((offsets) =>
        tokenizer.encoding(text, { offsets }),
      );
      compareEncoding(
        differences,
        "",
        { codePoints: codePoints!, utf16: utf16! },
        { ...row, tokens: row.pieces },
      );
      differences.same("encode", [...tokenizer.encode(text)], row.ids);
      checkDecode(tokenizer, row.ids as number[], row.decoded, differences);
    });
    yield* checkRows(context, "decode", tokenizer, (row, _, differences) =>
      checkDecode(tokenizer, row.ids as number[], row.decoded, differences),
    );
  },
};

/** Spellings and roles, and the example with BOS and EOS, which whoever calls puts there. */
function checkPieces(tokenizer: Tokenizer, context: CaseContext): CheckResult {
  const differences = createDifferences();
  const pieces = context.json.pieces as [string, number, string][];
  differences.same("vocab_size", tokenizer.vocabSize, context.json.vocab_size);
  pieces.forEach(([piece], id) => {
    differences.same(`piece ${id}`, tokenizer.idToToken(id), piece);
  });
  const ids = context.json.ids as Record<string, number>;
  const roles = { unk: tokenizer.unkId, bos: tokenizer.bosId, eos: tokenizer.eosId, pad: tokenizer.padId };
  for (const [role, id] of Object.entries(roles)) differences.same(role, id ?? -1, ids[role]);
  const example = context.json.add_bos_eos as { text: string; ids: number[] };
  const encoded = [roles.bos, ...tokenizer.encode(example.text), roles.eos];
  differences.same("add_bos_eos", encoded, example.ids);
  return differences.result("pieces");
}
