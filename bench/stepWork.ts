/** @file What a call of a kernel must do at least: floating-point operations, and bytes read and written once. Counted are
 *  multiply-adds of products and of attention's products over the pairs that are seen (4·dim a pair and head forward,
 *  10·dim backward, which computes the scores again); not counted are exponentials, packing, rounding, and whatever is
 *  read twice. */

import type { Backend, Operand } from "../src/tensor/index.js";

export const PARTS = [
  "products",
  "output head's products",
  "attention",
  "norms",
  "activations",
  "embedding",
  "loss",
  "optimiser",
  "gradient norm",
  "other elementwise, copies, sums",
] as const;
export type Part = (typeof PARTS)[number];

export interface Work {
  readonly part: Part;
  readonly flops: number;
  readonly read: number;
  readonly written: number;
  /** The product is of bf16 operands. */
  readonly bf16?: boolean;
}

/** A count for each kernel that a step may call, with the kernel's own arguments. */
type Counts = {
  readonly [K in keyof Backend]?: Backend[K] extends (...args: infer A) => unknown
    ? (...args: A) => Work
    : never;
};

const width = (x: Operand) => (x.storage.dtype === "bf16" ? 2 : 4);
/** Bytes of `length` elements of each of these. */
const bytes = (length: number, ...operands: (Operand | undefined)[]) =>
  operands.reduce((sum, x) => sum + (x === undefined ? 0 : length * width(x)), 0);
const moved = (part: Part, read: number, written: number): Work => ({ part, flops: 0, read, written });
const OTHER = "other elementwise, copies, sums";

/** `isHead` tells the output head's weight and its gradient. */
export function createCounts(backend: Backend, isHead: (x: Operand) => boolean): Counts {
  return { ...productCounts(backend, isHead), ...rowCounts(), ...elementCounts() };
}

function productCounts(backend: Backend, isHead: (x: Operand) => boolean): Counts {
  const attended = (
    p: Parameters<Backend["attention"]>[0],
    perPair: number,
    read: readonly Operand[],
    written: readonly Operand[],
  ): Work => {
    const ranges = backend.read(p.ranges, 2 * p.batch * p.tq);
    let pairs = 0;
    for (let i = 0; i < ranges.length; i += 2) pairs += Math.max(0, ranges[i + 1]! - ranges[i]!);
    const queries = p.batch * p.tq * p.heads * p.dim;
    return {
      part: "attention",
      flops: perPair * p.dim * p.heads * pairs,
      read: bytes(queries, ...read),
      written: bytes(queries, ...written),
      bf16: p.compute === "bf16",
    };
  };
  return {
    matmul(p) {
      const { m, n, k, batch } = p;
      const count = batch?.count ?? 1;
      const read = bytes(m * k, p.a) + bytes(k * n, p.b) + bytes(m * n, p.residual);
      return {
        part: [p.a, p.b, p.c].some(isHead) ? "output head's products" : "products",
        flops: 2 * m * n * k * count,
        read: count * (read + (p.accumulate ? bytes(m * n, p.c) : 0)),
        written: count * bytes(m * n, p.c, p.preactivation),
        bf16: p.compute === "bf16",
      };
    },
    attention: (p) => attended(p, 4, [p.q, p.k, p.v], [p.o]),
    attentionBackward: (p) => attended(p, 10, [p.q, p.k, p.v, p.o, p.dO], [p.dq, p.dk, p.dv]),
  };
}

function rowCounts(): Counts {
  const norm = (p: { x: Operand; y: Operand; rows: number; dim: number }) =>
    moved("norms", bytes(p.rows * p.dim, p.x), bytes(p.rows * p.dim, p.y));
  const normBackward = (p: {
    x: Operand;
    dy: Operand;
    dx: Operand;
    rows: number;
    dim: number;
    accumulateX: boolean;
  }) => {
    const length = p.rows * p.dim;
    return moved("norms", bytes(length, p.x, p.dy, p.accumulateX ? p.dx : undefined), bytes(length, p.dx));
  };
  return {
    layerNorm: norm,
    rmsNorm: norm,
    layerNormBackward: normBackward,
    rmsNormBackward: normBackward,
    rope: (p) => {
      const length = p.rows * p.heads * p.dim;
      return moved(OTHER, bytes(length, p.x), bytes(length, p.y));
    },
    embedding: (p) => moved("embedding", bytes(p.rows * p.dim, p.table), bytes(p.rows * p.dim, p.y)),
    embeddingBackward: (p) =>
      moved("embedding", bytes(p.rows * p.dim, p.dTable, p.dy), bytes(p.rows * p.dim, p.dTable)),
    crossEntropy: (p) => {
      const all = bytes(p.rows * p.vocab, p.logits);
      return moved("loss", all, p.gradScale === undefined ? 0 : all);
    },
  };
}

function elementCounts(): Counts {
  return {
    unary: (p) => moved("activations", bytes(p.length, p.x), bytes(p.length, p.y)),
    unaryBackward: (p) =>
      moved(
        "activations",
        bytes(p.length, p.x, p.dy, p.accumulate ? p.dx : undefined),
        bytes(p.length, p.dx),
      ),
    gated: (p) => moved("activations", bytes(p.rows * p.dim, p.gate, p.up), bytes(p.rows * p.dim, p.y)),
    gatedBackward: (p) =>
      moved("activations", bytes(p.rows * p.dim, p.gate, p.up, p.dy), bytes(p.rows * p.dim, p.dGate, p.dUp)),
    binary: (p) => moved(OTHER, bytes(p.length, p.a) + bytes(p.bLength, p.b), bytes(p.length, p.y)),
    axpby: (p) => moved(OTHER, bytes(p.length, p.x, p.beta === 0 ? undefined : p.y), bytes(p.length, p.y)),
    affine: (p) => moved(OTHER, bytes(p.length, p.x), bytes(p.length, p.y)),
    dropout: (p) => moved(OTHER, bytes(p.length, p.x, p.residual), bytes(p.length, p.y)),
    dequantize4: (p) => moved(OTHER, p.length / 2 + (4 * p.length) / p.block, bytes(p.length, p.y)),
    copy: (from, to, length) => moved(OTHER, bytes(length, from), bytes(length, to)),
    fill: (x, length) => moved(OTHER, 0, bytes(length, x)),
    stridedCopy: (p) => {
      const length = p.shape.reduce((product, d) => product * d, 1);
      return moved(OTHER, bytes(length, p.x, p.accumulate ? p.y : undefined), bytes(length, p.y));
    },
    sumRows: (p) => moved(OTHER, bytes(p.rows * p.cols, p.x), bytes(p.cols, p.y)),
    sumCols: (p) => moved(OTHER, bytes(p.rows * p.cols, p.x), bytes(p.rows, p.y)),
    sum: (x, length) => moved(OTHER, bytes(length, x), 0),
    sumSquares: (x, length) => moved("gradient norm", bytes(length, x), 0),
    adamw: (steps) => {
      const length = steps.reduce((sum, s) => sum + s.length, 0);
      return moved("optimiser", 16 * length, 12 * length);
    },
  };
}
