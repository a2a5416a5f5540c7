/** @file The compiled kernels by name. Their types are loose on purpose (numbers and typed arrays): native/kernels.inc holds
 *  their signatures, and each build of them counts the arguments. */

export type Argument = number | Float32Array | Float64Array;

export type KernelName =
  | "matmul"
  | "pack_bytes"
  | "pack"
  | "matmul_packed"
  | "attention"
  | "attention_backward"
  | "embedding"
  | "embedding_backward"
  | "layer_norm"
  | "layer_norm_backward"
  | "rms_norm"
  | "rms_norm_backward"
  | "rope"
  | "softmax"
  | "softmax_backward"
  | "cross_entropy"
  | "argmax"
  | "unary"
  | "unary_backward"
  | "binary"
  | "axpby"
  | "affine"
  | "dropout"
  | "gated"
  | "gated_backward"
  | "copy"
  | "fill"
  | "convert"
  | "strided_copy"
  | "dequantize_4bit"
  | "sum_rows"
  | "sum_cols"
  | "sum_squares"
  | "sum"
  | "adamw";

export type Kernels = { readonly [K in KernelName]: (...values: Argument[]) => number };
