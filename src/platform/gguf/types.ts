/** @file What a GGUF file consists of: metadata, a list of tensors, their data. (ggml-org/ggml, docs/gguf.md.)
 *
 *      "GGUF", version uint32, number of tensors uint64, number of entries uint64
 *      entries: key string, type uint32, value        string: length uint64, UTF-8
 *      tensors: name string, number of dimensions uint32, dimensions uint64 (fastest first), type uint32, offset uint64
 *      zeros up to the alignment, then the data; offsets count from there
 *
 *  All little-endian. */

/** In the order of their numbers in the file. */
export const GGUF_TYPES = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/** Bytes of a value; of a string and an array the least. */
export const GGUF_TYPE_BYTES: Readonly<Record<GgufType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  array: 12,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** 64-bit integers are bigints, for they may exceed 2^53. */
export type GgufValue =
  | { readonly type: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32"; readonly value: number }
  | { readonly type: "float32" | "float64"; readonly value: number }
  | { readonly type: "uint64"; readonly value: bigint }
  | { readonly type: "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | GgufArray;

export type GgufArray = { readonly type: "array" } & (
  | {
      readonly of: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "float64";
      readonly values: ArrayLike<number>;
    }
  | { readonly of: "uint64"; readonly values: ArrayLike<bigint> }
  | { readonly of: "int64"; readonly values: ArrayLike<bigint> }
  | { readonly of: "bool"; readonly values: ArrayLike<boolean> }
  | { readonly of: "string"; readonly values: ArrayLike<string> }
  | { readonly of: "array"; readonly values: ArrayLike<GgufArray> }
);

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Number, elements a block and bytes a block of each type of tensor. A row (the first dimension) is whole blocks. */
export const GGUF_TENSOR_TYPES = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q8_1: [9, 32, 40],
  Q2_K: [10, 256, 84],
  Q3_K: [11, 256, 110],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  Q8_K: [15, 256, 292],
  IQ2_XXS: [16, 256, 66],
  IQ2_XS: [17, 256, 74],
  IQ3_XXS: [18, 256, 98],
  IQ1_S: [19, 256, 50],
  IQ4_NL: [20, 32, 18],
  IQ3_S: [21, 256, 110],
  IQ2_S: [22, 256, 82],
  IQ4_XS: [23, 256, 136],
  I8: [24, 1, 1],
  I16: [25, 1, 2],
  I32: [26, 1, 4],
  I64: [27, 1, 8],
  F64: [28, 1, 8],
  IQ1_M: [29, 256, 56],
  BF16: [30, 1, 2],
  TQ1_0: [34, 256, 54],
  TQ2_0: [35, 256, 66],
  MXFP4: [39, 32, 17],
  NVFP4: [40, 64, 36],
  Q1_0: [41, 128, 18],
} as const satisfies Readonly<Record<string, readonly [number: number, elements: number, bytes: number]>>;
export type GgufTensorType = keyof typeof GGUF_TENSOR_TYPES;

export interface GgufTensor {
  readonly name: string;
  readonly type: GgufTensorType;
  /** Fastest first, as in the file: the reverse of PyTorch's shape. Empty for one number. */
  readonly dimensions: readonly number[];
  /** From the start of the file. */
  readonly position: number;
  readonly bytes: number;
}

/** Longest name that ggml takes, in bytes. */
export const GGUF_LONGEST_NAME = 63;
export const GGUF_MOST_DIMENSIONS = 4;
export const GGUF_DEFAULT_ALIGNMENT = 32;
/** uint32, the place of the data and of each tensor in it. */
export const GGUF_ALIGNMENT_KEY = "general.alignment";

/** Bytes of a tensor; undefined where a row is no whole number of blocks, or the number is beyond 2^53. */
export function ggufTensorBytes(type: GgufTensorType, dimensions: readonly number[]): number | undefined {
  const [, elements, bytes] = GGUF_TENSOR_TYPES[type];
  if ((dimensions[0] ?? 1) % elements !== 0) return undefined;
  const total = dimensions.reduce((product, d) => product * d, 1);
  const size = (total / elements) * bytes;
  return Number.isSafeInteger(total) && Number.isSafeInteger(size) ? size : undefined;
}
