/** @file What each kernel of the contract reads and writes, as regions of memory: which operand, how many numbers, how far
 *  apart. Places of whole numbers (ids, targets, ranges) are left out, and so are kernels that only move what there is:
 *  `fill`, `write`, a `stridedCopy` that does not add, a `copy` that does not round. */

import type {
  AdamWParams,
  AttentionBackwardParams,
  AttentionParams,
  Backend,
  MatmulParams,
  Operand,
} from "../../backend.js";

export interface Region {
  /** The operand's name in the contract. */
  readonly name: string;
  readonly operand: Operand;
  readonly shape: readonly number[];
  /** Elements from one index to the next, of each dimension. */
  readonly strides: readonly number[];
  /** −∞ belongs here: the log of a sum over nothing. */
  readonly empties?: boolean;
}

export interface Footprint {
  readonly reads: readonly Region[];
  /** Also read, where the same memory is among `reads`. */
  readonly writes: readonly Region[];
}

type Maybe = Operand | undefined;
type Places = Readonly<Record<string, Maybe>>;

/** Regions of one layout; operands that are not there are left out. What a dimension repeats counts once. */
function regions(operands: Places, sizes: readonly number[], strides: readonly number[]): Region[] {
  const shape = sizes.map((n, d) => (strides[d] === 0 ? Math.min(n, 1) : n));
  return Object.entries(operands).flatMap(([name, operand]) =>
    operand === undefined ? [] : [{ name, operand, shape, strides }],
  );
}
const vector = (operands: Places, length: number) => regions(operands, [length], [1]);
const matrix = (operands: Places, rows: number, cols: number, ld = cols) =>
  regions(operands, [rows, cols], [ld, 1]);
/** Those of `written` that are added to, and so read. */
const addedTo = (accumulate: boolean | undefined, written: readonly Region[]) =>
  accumulate === true ? written : [];
/** An operand to its end, where the kernel is not told its size. */
const whole = ({ storage, offset, size }: Operand & { readonly size?: number }) =>
  size ?? storage.length - offset;

type Product = Omit<MatmulParams, "b" | "ldb" | "n" | "k" | "compute"> & { n: number; k: number };

function product(p: Product): { reads: Region[]; writes: Region[] } {
  const { count, strideA, strideC } = p.batch ?? { count: 1, strideA: 0, strideC: 0 };
  const [rows, cols] = p.transA === true ? [p.k, p.m] : [p.m, p.k];
  const c = regions({ c: p.c }, [count, p.m, p.n], [strideC, p.ldc, 1]);
  return {
    reads: [
      ...regions({ a: p.a }, [count, rows, cols], [strideA, p.lda, 1]),
      ...vector({ bias: p.bias }, p.n),
      ...matrix({ residual: p.residual }, p.m, p.n, p.ldc),
      ...addedTo(p.accumulate, c),
    ],
    writes: [...c, ...matrix({ preactivation: p.preactivation }, p.m, p.n, p.ldc)],
  };
}

function matmul(p: MatmulParams): Footprint {
  const { reads, writes } = product(p);
  const { count, strideB } = p.batch ?? { count: 1, strideB: 0 };
  const [rows, cols] = p.transB === true ? [p.n, p.k] : [p.k, p.n];
  const b = regions({ b: p.b }, [count, rows, cols], [strideB, p.ldb, 1]);
  return { reads: [...reads, ...b], writes };
}

/** A weight that is about to be packed. */
export const packed = (p: Pick<MatmulParams, "b" | "n" | "k" | "transB" | "ldb">): Region =>
  matrix({ b: p.b }, ...((p.transB === true ? [p.n, p.k] : [p.k, p.n]) as [number, number]), p.ldb)[0]!;

/** [batch, positions, width] of queries, keys and values as attention lays them out. */
function heads(p: AttentionParams, like: "q" | "k" | "v" | "o", operands: Places): Region[] {
  const [positions, width, ld, stride] = {
    q: [p.tq, p.heads * p.dim, p.ldq, p.strideQ],
    k: [p.tk, p.kvHeads * p.dim, p.ldk, p.strideK],
    v: [p.tk, p.kvHeads * p.dim, p.ldv, p.strideV],
    o: [p.tq, p.heads * p.dim, p.ldo, p.strideO],
  }[like] as [number, number, number, number];
  return regions(operands, [p.batch, positions, width], [stride, ld, 1]);
}

const lse = (p: AttentionParams): Region[] =>
  vector({ lse: p.lse }, p.batch * p.heads * p.tq).map((region) => ({ ...region, empties: true }));
const inputs = (p: AttentionParams): Region[] => [
  ...heads(p, "q", { q: p.q }),
  ...heads(p, "k", { k: p.k }),
  ...heads(p, "v", { v: p.v }),
];

function attentionBackward(p: AttentionBackwardParams): Footprint {
  return {
    reads: [...inputs(p), ...heads(p, "o", { o: p.o, dO: p.dO }), ...lse(p)],
    writes: [...heads(p, "q", { dq: p.dq }), ...heads(p, "k", { dk: p.dk }), ...heads(p, "v", { dv: p.dv })],
  };
}

type Norm = Pick<
  Parameters<Backend["layerNormBackward"]>[0],
  "x" | "dy" | "dx" | "rows" | "dim" | "accumulateX" | "accumulateW"
>;

/** Of a norm's backward: `vectors` [dim], `sums` [dim] that are written, `statistics` [rows]. */
function normBackward(p: Norm, vectors: Places, sums: Places, statistics: Places): Footprint {
  const dx = matrix({ dx: p.dx }, p.rows, p.dim);
  const dw = vector(sums, p.dim);
  return {
    reads: [
      ...matrix({ x: p.x, dy: p.dy }, p.rows, p.dim),
      ...vector(vectors, p.dim),
      ...vector(statistics, p.rows),
      ...addedTo(p.accumulateX, dx),
      ...addedTo(p.accumulateW, dw),
    ],
    writes: [...dx, ...dw],
  };
}

export function adamwFootprint(p: AdamWParams): Footprint {
  const state = vector({ param: p.param, m: p.m, v: p.v }, p.length);
  return { reads: [...vector({ grad: p.grad }, p.length), ...state], writes: state };
}

type Single = Exclude<
  keyof Backend,
  | "name"
  | "isa"
  | "threads"
  | "allocate"
  | "release"
  | "read"
  | "write"
  | "copy"
  | "fill"
  | "memory"
  | "pack"
  | "argmax"
  | "sumSquares"
  | "sum"
  | "adamw"
  | "dispose"
>;

/** Of every kernel that takes one object of parameters and computes. */
export const FOOTPRINTS: { readonly [K in Single]: (p: Parameters<Backend[K]>[0]) => Footprint } = {
  matmul,
  matmulPacked: (p) => product({ ...p, n: p.b.n, k: p.b.k }),
  embedding: (p) => ({
    reads: matrix({ table: p.table }, Math.floor(whole(p.table) / p.dim), p.dim),
    writes: matrix({ y: p.y }, p.rows, p.dim),
  }),
  embeddingBackward(p) {
    const writes = matrix({ dTable: p.dTable }, p.vocab, p.dim);
    return { reads: [...matrix({ dy: p.dy }, p.rows, p.dim), ...writes], writes };
  },
  layerNorm: (p) => ({
    reads: [...matrix({ x: p.x }, p.rows, p.dim), ...vector({ gain: p.gain, bias: p.bias }, p.dim)],
    writes: [...matrix({ y: p.y }, p.rows, p.dim), ...vector({ mean: p.mean, rstd: p.rstd }, p.rows)],
  }),
  layerNormBackward: (p) =>
    normBackward(p, { gain: p.gain }, { dGain: p.dGain, dBias: p.dBias }, { mean: p.mean, rstd: p.rstd }),
  rmsNorm: (p) => ({
    reads: [...matrix({ x: p.x }, p.rows, p.dim), ...vector({ gain: p.gain }, p.dim)],
    writes: [...matrix({ y: p.y }, p.rows, p.dim), ...vector({ rstd: p.rstd }, p.rows)],
  }),
  rmsNormBackward: (p) => normBackward(p, { gain: p.gain }, { dGain: p.dGain }, { rstd: p.rstd }),
  rope: (p) => ({
    reads: [
      ...matrix({ x: p.x }, p.rows, p.heads * p.dim, p.ldx),
      ...matrix({ cos: p.cos, sin: p.sin }, p.rows, p.half),
    ],
    writes: matrix({ y: p.y }, p.rows, p.heads * p.dim, p.ldy),
  }),
  attention: (p) => ({ reads: inputs(p), writes: [...heads(p, "o", { o: p.o }), ...lse(p)] }),
  attentionBackward,
  softmax: (p) => ({
    reads: matrix({ x: p.x }, p.rows, p.cols),
    writes: matrix({ y: p.y }, p.rows, p.cols),
  }),
  softmaxBackward(p) {
    const writes = matrix({ dx: p.dx }, p.rows, p.cols);
    return {
      reads: [...matrix({ y: p.y, dy: p.dy }, p.rows, p.cols), ...addedTo(p.accumulate, writes)],
      writes,
    };
  },
  crossEntropy(p) {
    const logits = matrix({ logits: p.logits }, p.rows, p.vocab, p.ld);
    return {
      reads: logits,
      writes: [
        ...(p.gradScale === undefined ? [] : logits),
        ...vector({ losses: p.losses, lse: p.lse }, p.rows),
      ],
    };
  },
  unary: (p) => ({ reads: vector({ x: p.x }, p.length), writes: vector({ y: p.y }, p.length) }),
  unaryBackward(p) {
    const writes = vector({ dx: p.dx }, p.length);
    return { reads: [...vector({ x: p.x, dy: p.dy }, p.length), ...addedTo(p.accumulate, writes)], writes };
  },
  gated: (p) => ({
    reads: [...matrix({ gate: p.gate }, p.rows, p.dim, p.ldg), ...matrix({ up: p.up }, p.rows, p.dim, p.ldu)],
    writes: matrix({ y: p.y }, p.rows, p.dim),
  }),
  gatedBackward: (p) => ({
    reads: [
      ...matrix({ gate: p.gate }, p.rows, p.dim, p.ldg),
      ...matrix({ up: p.up }, p.rows, p.dim, p.ldu),
      ...matrix({ dy: p.dy }, p.rows, p.dim),
    ],
    writes: [
      ...matrix({ dGate: p.dGate }, p.rows, p.dim, p.ldg),
      ...matrix({ dUp: p.dUp }, p.rows, p.dim, p.ldu),
    ],
  }),
  binary: (p) => ({
    reads: [...vector({ a: p.a }, p.length), ...vector({ b: p.b }, p.bLength)],
    writes: vector({ y: p.y }, p.length),
  }),
  axpby(p) {
    const writes = vector({ y: p.y }, p.length);
    return { reads: [...vector({ x: p.x }, p.length), ...addedTo(p.beta !== 0, writes)], writes };
  },
  affine: (p) => ({ reads: vector({ x: p.x }, p.length), writes: vector({ y: p.y }, p.length) }),
  dropout: (p) => ({
    reads: vector({ x: p.x, residual: p.residual }, p.length),
    writes: vector({ y: p.y }, p.length),
  }),
  dequantize4(p) {
    const blocks = Math.ceil(p.length / p.block);
    const { nested } = p;
    return {
      reads: [
        ...vector({ table: p.table }, 16),
        ...(nested === undefined
          ? vector({ scales: p.scales }, blocks)
          : [
              ...vector({ map: nested.map }, 256),
              ...vector({ "nested scales": nested.scales }, Math.ceil(blocks / nested.block)),
            ]),
      ],
      writes: vector({ y: p.y }, p.length),
    };
  },
  stridedCopy(p) {
    if (!p.accumulate) return { reads: [], writes: [] };
    const writes = regions({ y: p.y }, p.shape, p.yStrides);
    return { reads: [...regions({ x: p.x }, p.shape, p.xStrides), ...writes], writes };
  },
  sumRows(p) {
    const writes = vector({ y: p.y }, p.cols);
    return {
      reads: [...matrix({ x: p.x }, p.rows, p.cols, p.ld), ...addedTo(p.accumulate, writes)],
      writes,
    };
  },
  sumCols: (p) => ({
    reads: matrix({ x: p.x }, p.rows, p.cols),
    writes: vector({ y: p.y }, p.rows),
  }),
};

/** `copy` between types: rounding to bf16 can overflow. */
export function copyFootprint(from: Operand, to: Operand, length: number): Footprint {
  if (from.storage.dtype === to.storage.dtype) return { reads: [], writes: [] };
  return { reads: vector({ from }, length), writes: vector({ to }, length) };
}
