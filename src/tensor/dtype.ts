/** @file What a tensor may hold. Parameters, gradients of parameters and optimiser state are f32; activations f32 or bf16;
 *  ids, targets and ranges i32. */

export type DType = "f32" | "i32" | "bf16";
/** bf16 is held as its bits. */
export type TypedArray = Float32Array | Int32Array | Uint16Array;
/** The array that holds each type's elements. */
export const arrays = { f32: Float32Array, i32: Int32Array, bf16: Uint16Array } as const;
export type Shape = readonly number[];

/** Precision of the operands of matrix products. Sums are fp32 in both. */
export type Compute = "fp32" | "bf16";

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return dtype === "bf16" ? 2 : 4;
}

export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}
