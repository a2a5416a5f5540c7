/** @file What a tensor may hold. Parameters, activations and optimiser state are f32; ids, targets and ranges are i32. */

export type DType = "f32" | "i32";
export type TypedArray = Float32Array | Int32Array;
export type Shape = readonly number[];

/** Precision of the operands of matrix products. Sums are fp32 in both. */
export type Compute = "fp32" | "bf16";

export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}
