/** @file llama2.c's tokenizer file (tok512.bin and its like): int32 longest token, then a token float32 score, int32
 *  length, bytes, little-endian. Ids 0 unknown, 1 BOS, 2 EOS, 3 to 258 the bytes. How many tokens there are stands in the
 *  model's header, not here. (karpathy/llama2.c, tokenizer.py.) */

import { UserError } from "../../platform/errors.js";
import { readBytes } from "../../platform/files.js";
import { createExtractors } from "../added/extract.js";
import { specialToken } from "../added/specialToken.js";
import { assembleTokenizer } from "../assemble.js";
import { byteDecoding } from "../decoding.js";
import { createScoredBpe } from "../models/sentencepiece/scoredBpe.js";
import type { Tokenizer } from "../tokenizer.js";

const BOS = 1;
const SPELLINGS = ["<unk>", "<s>", "</s>"];

/** Encodes with a space in front, as the models were trained; puts no BOS. Decoding leaves out the space that follows a
 *  BOS. Throws UserError if the file does not hold exactly `vocabSize` tokens. */
export function readLlama2cTokenizer(file: string, vocabSize: number): Tokenizer {
  const { pieces, scores } = readTokens(file, vocabSize);
  const spellings = pieces.map((piece) => String.fromCharCode(...piece));
  const text = new TextDecoder();
  const added = SPELLINGS.map((content, id) => specialToken(id, content));
  const bytes = pieces.map((piece, id) => meaning(piece, spellings[id]!, id));
  const vocabulary = {
    tokens: pieces.map((piece, id) => SPELLINGS[id] ?? text.decode(piece)),
    far: new Map<number, string>(),
  };
  return assembleTokenizer({
    vocabulary,
    added,
    roles: { unk: "<unk>", bos: "<s>", eos: "</s>" },
    extractors: createExtractors(added, undefined),
    fast: createScoredBpe({ spellings, scores }),
    decoding: byteDecoding({
      vocabulary,
      special: new Set(added.map((token) => token.id)),
      bytes,
      bytesAfter: (id, previous) =>
        previous === BOS && bytes[id]![0] === 0x20 ? bytes[id]!.subarray(1) : undefined,
    }),
  });
}

/** `<0x0A>` stands for that byte; the three special tokens for their usual spelling. */
function meaning(piece: Uint8Array, spelling: string, id: number): Uint8Array {
  if (id < SPELLINGS.length) return new TextEncoder().encode(SPELLINGS[id]);
  const byte = /^<0x([0-9A-F]{2})>$/.exec(spelling);
  return byte === null ? piece : Uint8Array.of(Number.parseInt(byte[1]!, 16));
}

function readTokens(file: string, vocabSize: number): { pieces: Uint8Array[]; scores: Float32Array } {
  const data = readBytes(file);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const refuse = (at: string, message: string, found: string, expected: string): never => {
    throw new UserError({
      code: "malformed-tokenizer",
      file,
      at,
      message,
      found,
      expected,
      fix: "give the tokenizer that belongs to the model",
    });
  };
  if (data.length < 4) refuse("header", "is too short", `${data.length} bytes`, "at least 4");
  const longest = view.getInt32(0, true);
  const pieces: Uint8Array[] = [];
  const scores = new Float32Array(vocabSize);
  let p = 4;
  for (let id = 0; id < vocabSize; id++) {
    if (p + 8 > data.length)
      refuse(`token ${id}`, "the file ends before the vocabulary does", `${id} tokens`, `${vocabSize}`);
    scores[id] = view.getFloat32(p, true);
    const length = view.getInt32(p + 4, true);
    p += 8;
    if (length < 0 || length > longest || p + length > data.length)
      refuse(
        `token ${id}`,
        "has an impossible length",
        `${length} bytes`,
        `0 to ${Math.min(longest, data.length - p)}`,
      );
    pieces.push(data.slice(p, p + length));
    p += length;
  }
  if (p !== data.length)
    refuse("end", "the file has more tokens than the model", `${data.length - p} bytes left`, "none");
  return { pieces, scores };
}
