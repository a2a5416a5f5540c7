/** @file SentencePiece's `.model`: a protocol buffer with pieces, the trainer's settings and the normaliser's.
 *  (google/sentencepiece, sentencepiece_model.proto.) */

import { UserError } from "../../platform/errors.js";

export const PIECE_TYPES = {
  1: "normal",
  2: "unknown",
  3: "control",
  4: "userDefined",
  5: "unused",
  6: "byte",
} as const;
export type PieceType = (typeof PIECE_TYPES)[keyof typeof PIECE_TYPES];

export interface SentencePieceModel {
  readonly pieces: ReadonlyArray<{
    readonly piece: string;
    readonly score: number;
    readonly type: PieceType;
  }>;
  readonly modelType: "unigram" | "bpe" | "word" | "char";
  readonly byteFallback: boolean;
  readonly whitespaceAsSuffix: boolean;
  /** Shown for an unknown token. */
  readonly unkSurface: string;
  readonly unkId: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  readonly charsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

type Field = number | Uint8Array;

/** Throws UserError `malformed-tokenizer`. */
export function parseSentencePieceModel(data: Uint8Array, file: string): SentencePieceModel {
  const refuse = (message: string, found: unknown, expected: string): never => {
    throw new UserError({
      code: "malformed-tokenizer",
      file,
      message,
      found,
      expected,
      fix: "get the file again from where it came",
    });
  };
  const malformed = (): never =>
    refuse("is no model of SentencePiece", `${data.length} bytes`, "a protocol buffer");
  const pieces: { piece: string; score: number; type: PieceType }[] = [];
  let trainer = new Map<number, Field>();
  let normalizer = new Map<number, Field>();
  for (const [number, value] of fieldsOf(data, malformed)) {
    if (typeof value === "number") continue;
    if (number === 1) pieces.push(readPiece(value, malformed));
    else if (number === 2) trainer = new Map(fieldsOf(value, malformed));
    else if (number === 3) normalizer = new Map(fieldsOf(value, malformed));
  }
  if (pieces.length === 0) refuse("has no pieces", 0, "at least one");
  const int = (fields: Map<number, Field>, key: number, otherwise: number): number => {
    const value = fields.get(key) ?? otherwise;
    return typeof value === "number" ? value | 0 : malformed();
  };
  const flag = (fields: Map<number, Field>, key: number, otherwise: boolean) =>
    int(fields, key, otherwise ? 1 : 0) !== 0;
  const bytes = (fields: Map<number, Field>, key: number): Uint8Array | undefined => {
    const value = fields.get(key);
    return typeof value === "number" ? malformed() : value;
  };
  const modelType = (["unigram", "bpe", "word", "char"] as const)[int(trainer, 3, 1) - 1];
  const unkSurface = bytes(trainer, 44);
  return {
    pieces,
    modelType: modelType ?? refuse("is of a kind that is not known", int(trainer, 3, 1), "1 to 4"),
    byteFallback: flag(trainer, 35, false),
    whitespaceAsSuffix: flag(trainer, 24, false),
    unkSurface: unkSurface === undefined ? " \u2047 " : new TextDecoder().decode(unkSurface),
    unkId: pieces.findIndex(({ type }) => type === "unknown"),
    bosId: int(trainer, 41, 1),
    eosId: int(trainer, 42, 2),
    padId: int(trainer, 43, -1),
    charsmap: bytes(normalizer, 2) ?? new Uint8Array(0),
    addDummyPrefix: flag(normalizer, 3, true),
    removeExtraWhitespaces: flag(normalizer, 4, true),
    escapeWhitespaces: flag(normalizer, 5, true),
  };
}

function readPiece(data: Uint8Array, malformed: () => never) {
  const fields = new Map(fieldsOf(data, malformed));
  const piece = fields.get(1);
  const score = fields.get(2) ?? 0;
  const type = fields.get(3) ?? 1;
  const name = typeof type === "number" ? PIECE_TYPES[type as keyof typeof PIECE_TYPES] : undefined;
  if (typeof piece === "number" || piece === undefined || typeof score !== "number" || name === undefined)
    return malformed();
  return { piece: new TextDecoder("utf-8", { ignoreBOM: true }).decode(piece), score, type: name };
}

/** Number and value of each field: whole numbers, floats (32 bits), or bytes. */
function* fieldsOf(data: Uint8Array, malformed: () => never): Generator<[number: number, value: Field]> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = data[at++] ?? malformed();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value >= 2 ** 63 ? value - 2 ** 64 : value;
    }
    return malformed();
  };
  while (at < data.length) {
    const key = varint();
    const kind = key & 7;
    if (kind === 0) yield [key >> 3, varint()];
    else if (kind === 1 || kind === 5) {
      const size = kind === 1 ? 8 : 4;
      if (at + size > data.length) malformed();
      yield [key >> 3, kind === 5 ? view.getFloat32(at, true) : view.getFloat64(at, true)];
      at += size;
    } else if (kind === 2) {
      const length = varint();
      if (length < 0 || at + length > data.length) malformed();
      yield [key >> 3, data.subarray(at, at + length)];
      at += length;
    } else malformed();
  }
}
