/** @file A tensor in a file, and a file of them: known by name, shape and number format; its numbers are read when asked for. */

import type { Tensor } from "../../tensor/index.js";
import { sizeOf } from "../../tensor/index.js";
import { type StoredDType, toFloats } from "./storedDtypes.js";

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly file: string;
  /** Elements [from, from + count) in row-major order, little-endian, in a buffer of their own. */
  bytes(from: number, count: number): Uint8Array;
}

export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
  close(): void;
}

const CHUNK = 1 << 20;

/** Reads a tensor of the same size from the file, piece by piece, widened to f32. */
export function readInto(to: Tensor, from: StoredTensor): void {
  const size = sizeOf(from.shape);
  for (let at = 0; at < size; at += CHUNK) {
    const piece = toFloats(from.dtype, from.bytes(at, Math.min(CHUNK, size - at)));
    to.engine.backend.write({ storage: to.storage, offset: to.offset + at }, piece);
  }
}

export function readFloats(from: StoredTensor): Float32Array {
  return toFloats(from.dtype, from.bytes(0, sizeOf(from.shape)));
}
