/** @file The contract every backend fulfils: memory and about forty kernels on dense row-major arrays.
 *
 *  Conventions. All matrices are row-major; `ld*` are distances between rows in elements. Kernels never allocate
 *  memory the caller sees; outputs are given and (unless `accumulate`) wholly overwritten. `accumulate: true` adds to
 *  the output instead. Nothing is checked here: shapes are checked by the operations above. Sizes of zero are
 *  allowed everywhere and do nothing (or write zeros where a sum is empty).
 *
 *  bf16 operands. Activations between products may be stored in bf16 (`storage.dtype` "bf16", two bytes an element): a
 *  kernel widens such an operand exactly when it reads and rounds to nearest even when it writes; its sums stay fp32.
 *  Which operands may be bf16 is marked `MixedOperand`; all others are f32 (or i32 where said). Parameters, their
 *  gradients, optimiser state, the residual stream, logits and losses are always f32.
 *
 *  Bits. Within one backend and class of kernels, the result of a row depends neither on the number of threads nor on
 *  how many other rows are computed with it. Sums over rows are taken in fixed blocks (see docs/numerics.md). */

import type { DropoutMask } from "./dropoutMask.js";
import type { Compute, DType, TypedArray } from "./dtype.js";

/** A piece of a backend's memory. `address` is the backend's own (a pointer, an offset), `array` the reference's. */
export interface Storage {
  readonly dtype: DType;
  readonly length: number;
  readonly address: number;
  readonly array: TypedArray | null;
}

/** Where a kernel reads or writes: a place in a storage, in elements. A Tensor is one. */
export interface Operand {
  readonly storage: Storage;
  readonly offset: number;
}

/** An operand that may be f32 or bf16. "Alike" names those of one kernel that must be of one type. */
export type MixedOperand = Operand;

/** In the order of the kernels' codes (native/core/ops.h). */
export const ACTIVATIONS = [
  "relu",
  "gelu",
  "gelu_tanh",
  "quick_gelu",
  "silu",
  "tanh",
  "sigmoid",
  "relu2",
] as const;
export const UNARY_OPERATIONS = [
  ...ACTIVATIONS,
  "neg",
  "exp",
  "log",
  "sqrt",
  "rsqrt",
  "square",
  "reciprocal",
  "abs",
] as const;
export const BINARY_OPERATIONS = ["add", "sub", "mul", "div", "max", "min"] as const;
export type Activation = (typeof ACTIVATIONS)[number];
export type Unary = (typeof UNARY_OPERATIONS)[number];
export type Binary = (typeof BINARY_OPERATIONS)[number];

/** C[m,n] (+)= alpha · op(A)·op(B) then epilogue. A is [m,k], or [k,m] if transA; B is [k,n], or [n,k] if transB.
 *  Epilogue order: + bias[n], then `preactivation` is written (if given), activation, + residual[m,n].
 *  `batch`: the product is repeated with the operands advanced by the strides (elements); no epilogue then. */
export interface MatmulParams {
  readonly a: MixedOperand;
  readonly b: MixedOperand;
  /** f32 where `accumulate` or `residual` is given; else alike with `preactivation`. */
  readonly c: MixedOperand;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly alpha?: number;
  readonly accumulate?: boolean;
  readonly compute: Compute;
  readonly bias?: Operand | undefined;
  readonly activation?: Activation | undefined;
  /** [m,n], leading dimension ldc: op(A)·op(B) + bias before the activation, for its backward. */
  readonly preactivation?: MixedOperand | undefined;
  /** [m,n], leading dimension ldc; may be `c` itself. */
  readonly residual?: Operand | undefined;
  readonly batch?: {
    readonly count: number;
    readonly strideA: number;
    readonly strideB: number;
    readonly strideC: number;
  };
}

/** A weight rearranged for repeated products (generation). Its header says for which kernel; opaque above. */
export interface Packed {
  readonly n: number;
  readonly k: number;
  readonly compute: Compute;
  readonly bytes: number;
  release(): void;
}

/** Scaled dot-product attention with a range of visible keys per query, which is every mask in use here: causal
 *  [0, i+1), window [i−w+1, i+1), document [start, i+1), padding on either side, bidirectional and cross [0, length).
 *  q [batch, tq, heads, dim], k and v [batch, tk, kvHeads, dim], o like q. Rows of different positions lie `ld*`
 *  elements apart, sequences `stride*`, heads always `dim`. Head h reads key/value head floor(h·kvHeads/heads).
 *  ranges i32 [batch, tq, 2]: key j is seen by a query iff from ≤ j < to. An empty range gives a row of zeros.
 *  s = scale·q·k (softcap > 0: s = c·tanh(s/c)); o = softmax(s)·v; lse [batch, heads, tq] = log Σ exp(s) (−inf if empty).
 *  Tiled: no score matrix in memory (Dao et al. 2022; Milakov & Gimelshein 2018). */
export interface AttentionParams {
  /** q, k, v, o (and dO, dq, dk, dv) alike. */
  readonly q: MixedOperand;
  readonly k: MixedOperand;
  readonly v: MixedOperand;
  readonly o: MixedOperand;
  readonly ranges: Operand;
  /** Written when given; needed by the backward. */
  readonly lse?: Operand | undefined;
  readonly batch: number;
  readonly tq: number;
  readonly tk: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
  readonly ldq: number;
  readonly ldk: number;
  readonly ldv: number;
  readonly ldo: number;
  readonly strideQ: number;
  readonly strideK: number;
  readonly strideV: number;
  readonly strideO: number;
  readonly scale: number;
  readonly softcap?: number;
  /** Probabilities are dropped before they meet v (dropoutMask.ts says which element each is). */
  readonly dropout?: DropoutMask | undefined;
  readonly compute: Compute;
}

/** Gradients of the same. dO has o's layout; dq, dk, dv have the layout (ld, stride) of q, k, v and are overwritten. */
export interface AttentionBackwardParams extends AttentionParams {
  readonly lse: Operand;
  readonly dO: MixedOperand;
  readonly dq: MixedOperand;
  readonly dk: MixedOperand;
  readonly dv: MixedOperand;
}

export interface AdamWParams {
  readonly param: Operand;
  readonly grad: Operand;
  readonly m: Operand;
  readonly v: Operand;
  readonly length: number;
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Number of this step, from 1: for the bias correction. */
  readonly step: number;
  /** Multiplies the gradient first (clipping, accumulation). */
  readonly gradScale: number;
}

export interface Backend {
  readonly name: "reference" | "native" | "wasm";
  /** Kernel set in use, such as "avx512bf16"; "typescript" for the reference. */
  readonly isa: string;
  readonly threads: number;

  // Memory -----------------------------------------------------------------------------------------------------------
  /** Contents are undefined. */
  allocate(dtype: DType, length: number): Storage;
  release(storage: Storage): void;
  /** A copy of `length` elements; bf16 as its bits (Uint16Array). */
  read(x: Operand, length: number): TypedArray;
  write(x: Operand, data: TypedArray): void;
  /** Of one type, or between f32 and bf16 (widened exactly, or rounded to nearest even). */
  copy(from: Operand, to: Operand, length: number): void;
  /** `value` as the operand's type holds it. */
  fill(x: Operand, length: number, value: number): void;
  memory(): { readonly bytes: number; readonly peakBytes: number };

  // Products ---------------------------------------------------------------------------------------------------------
  matmul(p: MatmulParams): void;
  /** Packs B (as in MatmulParams) for `matmulPacked`. */
  pack(p: { b: Operand; n: number; k: number; transB?: boolean; ldb: number; compute: Compute }): Packed;
  /** As matmul with that B: the same bits. */
  matmulPacked(
    p: Omit<MatmulParams, "b" | "ldb" | "transB" | "n" | "k" | "compute" | "batch" | "transA"> & {
      b: Packed;
    },
  ): void;

  // Rows -------------------------------------------------------------------------------------------------------------
  /** y[r] = table[ids[r]]; y [rows, dim]. Ids are checked by the caller. */
  embedding(p: { table: Operand; ids: Operand; y: Operand; rows: number; dim: number }): void;
  /** dTable[ids[r]] += dy[r] (always adds), in the order of rows. Rows whose id is `skip` add nothing. */
  embeddingBackward(p: {
    dTable: Operand;
    ids: Operand;
    dy: Operand;
    rows: number;
    dim: number;
    vocab: number;
    skip?: number;
  }): void;

  /** y = (x − mean)·rstd·g + b, over dim; b optional. mean, rstd [rows] are written when given. Ba et al. 2016.
   *  x and dx alike, y and dy alike (a bf16 y of the f32 residual stream). */
  layerNorm(p: {
    x: MixedOperand;
    gain: Operand;
    bias?: Operand | undefined;
    y: MixedOperand;
    mean?: Operand | undefined;
    rstd?: Operand | undefined;
    rows: number;
    dim: number;
    eps: number;
  }): void;
  /** `accumulateX` adds to dx, `accumulateW` to dGain and dBias. */
  layerNormBackward(p: {
    x: MixedOperand;
    gain: Operand;
    mean: Operand;
    rstd: Operand;
    dy: MixedOperand;
    dx: MixedOperand;
    dGain: Operand;
    dBias?: Operand | undefined;
    rows: number;
    dim: number;
    accumulateX: boolean;
    accumulateW: boolean;
  }): void;
  /** y = x·rstd·(g + gainOffset), rstd = 1/√(mean(x²) + eps). Zhang & Sennrich 2019. No gain: g = 1. */
  rmsNorm(p: {
    x: MixedOperand;
    gain?: Operand | undefined;
    gainOffset: number;
    y: MixedOperand;
    rstd?: Operand | undefined;
    rows: number;
    dim: number;
    eps: number;
  }): void;
  rmsNormBackward(p: {
    x: MixedOperand;
    gain?: Operand | undefined;
    gainOffset: number;
    rstd: Operand;
    dy: MixedOperand;
    dx: MixedOperand;
    dGain?: Operand | undefined;
    rows: number;
    dim: number;
    accumulateX: boolean;
    accumulateW: boolean;
  }): void;

  /** Rotary positions by halves: for i < half: y[i] = x[i]·cos[i] − x[i+half]·sin[i]·sign, y[i+half] = x[i+half]·cos[i] + x[i]·sin[i]·sign;
   *  elements from 2·half on are copied. x, y [rows, heads, dim] with rows `ldx`, `ldy` apart, cos, sin [rows, half]. sign −1 inverts
   *  (the backward). y may be x. x and y alike. Su et al. 2021. */
  rope(p: {
    x: MixedOperand;
    y: MixedOperand;
    cos: Operand;
    sin: Operand;
    rows: number;
    heads: number;
    dim: number;
    half: number;
    ldx: number;
    ldy: number;
    sign: 1 | -1;
  }): void;

  attention(p: AttentionParams): void;
  attentionBackward(p: AttentionBackwardParams): void;

  /** y = softmax(x) over cols (log: log-softmax). y may be x. */
  softmax(p: { x: Operand; y: Operand; rows: number; cols: number; log: boolean }): void;
  softmaxBackward(p: {
    y: Operand;
    dy: Operand;
    dx: Operand;
    rows: number;
    cols: number;
    log: boolean;
    accumulate: boolean;
  }): void;

  /** Softmax cross-entropy of rows of logits [rows, vocab] (rows `ld` apart), targets i32 [rows], negative = ignored.
   *  losses[r] = lse − logit[target] (0 if ignored); lse [rows] when given. With `gradScale` the logits are replaced by
   *  their gradient: (softmax − onehot)·gradScale, rows of ignored targets by 0. */
  crossEntropy(p: {
    logits: Operand;
    targets: Operand;
    losses: Operand;
    lse?: Operand | undefined;
    rows: number;
    vocab: number;
    ld: number;
    gradScale?: number | undefined;
  }): void;
  /** index of the largest of each row (the first of equals), i32 [rows]. */
  argmax(p: { x: Operand; y: Operand; rows: number; cols: number }): void;

  // Elements ---------------------------------------------------------------------------------------------------------
  // The operands of each are alike.
  unary(p: { op: Unary; x: MixedOperand; y: MixedOperand; length: number }): void;
  /** dx (+)= dy · op'(x), from the operation's input x. dx may be dy. */
  unaryBackward(p: {
    op: Unary;
    x: MixedOperand;
    dy: MixedOperand;
    dx: MixedOperand;
    length: number;
    accumulate: boolean;
  }): void;
  /** y = act(gate)·up (SwiGLU, GeGLU; Shazeer 2020). Rows of gate and up lie ldg, ldu apart (so that both may lie in one fused matrix). */
  gated(p: {
    op: Activation;
    gate: MixedOperand;
    up: MixedOperand;
    y: MixedOperand;
    rows: number;
    dim: number;
    ldg: number;
    ldu: number;
  }): void;
  /** dGate and dUp have the layout of gate and up and are overwritten. */
  gatedBackward(p: {
    op: Activation;
    gate: MixedOperand;
    up: MixedOperand;
    dy: MixedOperand;
    dGate: MixedOperand;
    dUp: MixedOperand;
    rows: number;
    dim: number;
    ldg: number;
    ldu: number;
  }): void;
  /** y = a op b. a and y have `length` elements; b has `bLength`, a divisor of it, and is repeated (a row added to each row). */
  binary(p: {
    op: Binary;
    a: MixedOperand;
    b: MixedOperand;
    y: MixedOperand;
    length: number;
    bLength: number;
  }): void;
  /** y = alpha·x + beta·y (beta 0 ignores what y held, NaN included). */
  axpby(p: { alpha: number; x: MixedOperand; beta: number; y: MixedOperand; length: number }): void;
  /** y = alpha·x + constant. */
  affine(p: { x: MixedOperand; y: MixedOperand; alpha: number; constant: number; length: number }): void;
  /** y = x·m (+ residual), m = 0 for elements that `mask` drops and 1/(1 − p) for others. y may be x or residual. Srivastava et al. 2014. */
  dropout(p: {
    x: MixedOperand;
    residual?: MixedOperand | undefined;
    y: MixedOperand;
    length: number;
    mask: DropoutMask;
  }): void;
  /** Copies a strided array of up to 6 dimensions into a dense one or back: for each index, y[Σ i·yStride] = x[Σ i·xStride] (+= if accumulate). f32, i32 and bf16. */
  stridedCopy(p: {
    x: MixedOperand;
    y: MixedOperand;
    shape: readonly number[];
    xStrides: readonly number[];
    yStrides: readonly number[];
    accumulate: boolean;
  }): void;

  /** Numbers held in four bits: y[i] = table[code i]·scale of i's block. `codes` holds them two a byte, the first in the high
   *  half, in the bytes of i32 elements; table [16]. Scales f32 [blocks]; or, with `nested`, a byte each (in i32 elements), and
   *  the scale is map[byte]·scales[⌊block / nested.block⌋] + offset, rounded twice. Dettmers et al. 2023, section 3. */
  dequantize4(p: {
    codes: Operand;
    table: Operand;
    scales: Operand;
    nested?: { map: Operand; scales: Operand; offset: number; block: number } | undefined;
    y: MixedOperand;
    length: number;
    /** Numbers that share a scale: a multiple of 16. */
    block: number;
  }): void;

  // Sums -------------------------------------------------------------------------------------------------------------
  /** y[c] (+)= Σ_r x[r,c]; rows `ld` apart. */
  sumRows(p: {
    x: MixedOperand;
    y: Operand;
    rows: number;
    cols: number;
    ld: number;
    accumulate: boolean;
  }): void;
  /** y[r] = Σ_c x[r,c]. */
  sumCols(p: { x: Operand; y: Operand; rows: number; cols: number }): void;
  /** Σ x², summed in fp64 over fixed blocks; NaN and infinity propagate. */
  sumSquares(x: Operand, length: number): number;
  /** Σ x, likewise. */
  sum(x: Operand, length: number): number;

  // Optimisers -------------------------------------------------------------------------------------------------------
  /** One AdamW step (Loshchilov & Hutter 2019) over many tensors at once: p ·= 1 − lr·wd; m, v moments; p −= lr·m̂/(√v̂ + eps). */
  adamw(steps: readonly AdamWParams[]): void;

  dispose(): void;
}
