/** @file Memory of the reference backend: a JavaScript typed array a storage. New memory is filled with NaN (f32,
 *  bf16) or the smallest integer (i32), released memory loses its array, and every kernel asks for its operands through `f32`
 *  and `i32` below, so that reading what was never written, using what was released and running over an end all show
 *  in a test instead of giving plausible numbers. */

import type { Operand, Storage } from "../../backend.js";
import { bf16FromBits, fromBf16, toBf16 } from "../../bf16.js";
import { bytesOf, type DType, type TypedArray } from "../../dtype.js";
import { arrayOf } from "../arrays.js";

interface ReferenceStorage extends Storage {
  array: TypedArray | null;
}

export const UNWRITTEN_I32 = -0x80000000;
/** A quiet NaN. */
export const UNWRITTEN_BF16 = 0x7fc0;
const unwritten = { f32: Number.NaN, i32: UNWRITTEN_I32, bf16: UNWRITTEN_BF16 } as const;

/** Elements from the first to the last of `rows` rows of `cols` elements that lie `ld` apart. */
export function span(rows: number, cols: number, ld: number): number {
  return rows === 0 || cols === 0 ? 0 : (rows - 1) * ld + cols;
}

function view(x: Operand, length: number): TypedArray {
  const { array } = x.storage;
  if (array === null)
    throw new Error("reference backend: the storage was released, or belongs to another backend");
  if (x.offset < 0 || length < 0 || x.offset + length > array.length) {
    throw new Error(
      `reference backend: elements ${x.offset} to ${x.offset + length} of a storage of ${array.length}`,
    );
  }
  return array.subarray(x.offset, x.offset + length);
}

/** The `length` floats at an operand: a view, not a copy. Throws when released, too short or of another type. */
export function f32(x: Operand, length: number): Float32Array {
  const array = view(x, length);
  if (!(array instanceof Float32Array))
    throw new Error(`reference backend: expected f32, found ${x.storage.dtype}`);
  return array;
}

/** The `length` integers at an operand. */
export function i32(x: Operand, length: number): Int32Array {
  const array = view(x, length);
  if (!(array instanceof Int32Array))
    throw new Error(`reference backend: expected i32, found ${x.storage.dtype}`);
  return array;
}

/** The bits of `length` bf16 numbers at an operand. */
export function bf16(x: Operand, length: number): Uint16Array {
  const array = view(x, length);
  if (!(array instanceof Uint16Array))
    throw new Error(`reference backend: expected bf16, found ${x.storage.dtype}`);
  return array;
}

/** Elements of any type (of bf16 the bits). */
export function elements(x: Operand, length: number): TypedArray {
  return view(x, length);
}

export interface ReferenceMemory {
  allocate(dtype: DType, length: number): Storage;
  release(storage: Storage): void;
  read(x: Operand, length: number): TypedArray;
  write(x: Operand, data: TypedArray): void;
  copy(from: Operand, to: Operand, length: number): void;
  fill(x: Operand, length: number, value: number): void;
  memory(): { readonly bytes: number; readonly peakBytes: number };
  dispose(): void;
}

export function createMemory(): ReferenceMemory {
  const live = new Set<ReferenceStorage>();
  let bytes = 0;
  let peakBytes = 0;

  const release = (storage: Storage) => {
    const own = storage as ReferenceStorage;
    if (!live.delete(own))
      throw new Error("reference backend: the storage was released before, or is not mine");
    bytes -= bytesOf(own.dtype) * own.length;
    own.array = null;
  };
  return {
    allocate(dtype, length) {
      const array = arrayOf(dtype, length).fill(unwritten[dtype]);
      const storage: ReferenceStorage = { dtype, length, address: 0, array };
      live.add(storage);
      bytes += bytesOf(dtype) * length;
      peakBytes = Math.max(peakBytes, bytes);
      return storage;
    },
    release,
    read: (x, length) => view(x, length).slice(),
    write(x, data) {
      const to = view(x, data.length);
      if (to.constructor !== data.constructor) {
        throw new Error(`reference backend: ${data.constructor.name} written to ${x.storage.dtype}`);
      }
      to.set(data);
    },
    copy(from, to, length) {
      const types = `${from.storage.dtype} to ${to.storage.dtype}`;
      if (from.storage.dtype === to.storage.dtype) view(to, length).set(view(from, length));
      else if (types === "f32 to bf16") bf16(to, length).set(toBf16(f32(from, length)));
      else if (types === "bf16 to f32") f32(to, length).set(fromBf16(bf16(from, length)));
      else throw new Error(`reference backend: copy from ${types}`);
    },
    fill(x, length, value) {
      const bits = () => bf16FromBits(new Uint32Array(Float32Array.of(value).buffer)[0]!);
      view(x, length).fill(x.storage.dtype === "bf16" ? bits() : value);
    },
    memory: () => ({ bytes, peakBytes }),
    dispose() {
      for (const storage of [...live]) release(storage);
    },
  };
}
