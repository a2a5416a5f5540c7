/** @file The promise about bits: a row's result is the same whoever else is computed with it. Each case computes some
 *  of its rows; the test asks for all at once, then in pieces, and the bits must be equal. Elementwise kernels are cut
 *  in pieces of elements (the ends of vectors must do the arithmetic of their middles), attention in queries, in
 *  sequences and by the capacity of the cache. */

import type { Activation, Backend, Operand, Unary } from "../backend.js";
import { fromBf16, toBf16 } from "../bf16.js";
import type { TypedArray } from "../dtype.js";
import { createRandom, type Random } from "../random.js";
import { uniform } from "./conformance.js";
import { runPacked } from "./conformanceMatmul.js";

export interface RowCase {
  readonly kernel: string;
  readonly label: string;
  readonly rows: number;
  /** Rows [from, to) of the result. */
  make(random: Random): (b: Backend, from: number, to: number) => Float32Array;
}

/** Puts arrays into a backend, runs, returns what lies at `out`, and frees. */
function withBuffers(
  b: Backend,
  arrays: readonly TypedArray[],
  out: number,
  run: (at: Operand[]) => void,
): Float32Array {
  const at = arrays.map((array): Operand => {
    const dtype = array instanceof Float32Array ? "f32" : array instanceof Uint16Array ? "bf16" : "i32";
    const storage = b.allocate(dtype, array.length);
    b.write({ storage, offset: 0 }, array);
    return { storage, offset: 0 };
  });
  run(at);
  const result = b.read(at[out]!, arrays[out]!.length);
  for (const x of at) b.release(x.storage);
  return result instanceof Uint16Array ? fromBf16(result) : (result as Float32Array);
}

const place = (x: Operand, elements: number): Operand => ({
  storage: x.storage,
  offset: x.offset + elements,
});
const nothing = (length: number) => new Float32Array(length).fill(Number.NaN);

// Products -----------------------------------------------------------------------------------------------------------

interface Product {
  readonly n: number;
  readonly k: number;
  readonly compute: "fp32" | "bf16";
  readonly transB: boolean;
  readonly packed: boolean;
  readonly activation?: Activation;
}
const products: Product[] = (
  [
    [33, 65],
    [257, 384],
    [1000, 64],
    [7, 1030],
  ] as const
).flatMap(([n, k]) =>
  (["fp32", "bf16"] as const).flatMap((compute) =>
    [false, true].flatMap((transB) =>
      [false, true].map(
        (packed): Product => ({ n, k, compute, transB, packed, ...(n === 33 ? { activation: "gelu" } : {}) }),
      ),
    ),
  ),
);

const matmulRows = products.map((p): RowCase => {
  const { n, k, compute, transB, packed, activation } = p;
  return {
    kernel: packed ? "matmulPacked" : "matmul",
    label: JSON.stringify(p),
    rows: 67,
    make(random) {
      const [a, b, bias] = [uniform(random, 67 * k), uniform(random, n * k), uniform(random, n)];
      return (backend, from, to) =>
        withBuffers(backend, [a.subarray(from * k, to * k), b, nothing((to - from) * n), bias], 2, (at) => {
          const params = {
            a: at[0]!,
            b: at[1]!,
            c: at[2]!,
            m: to - from,
            n,
            k,
            transB,
            lda: k,
            ldb: transB ? k : n,
            ldc: n,
            compute,
            bias: at[3]!,
            activation,
          };
          if (packed) runPacked(backend, params);
          else backend.matmul(params);
        });
    },
  };
});

// Attention ----------------------------------------------------------------------------------------------------------

const HEADS = 4;
const KV_HEADS = 2;
const attentionSizes = [
  [16, 40],
  [64, 150],
  [33, 65],
] as const;
const precisions = ["fp32", "bf16"] as const;

const attentionRows = attentionSizes.flatMap(([dim, t]) =>
  [...precisions, "bf16 operands" as const].flatMap((kind) =>
    (["queries", "capacity", "sequences"] as const).map((cut): RowCase => {
      const rows = cut === "sequences" ? 4 : t;
      const stored = (x: Float32Array) => (kind === "bf16 operands" ? toBf16(x) : x);
      const compute = kind === "fp32" ? "fp32" : "bf16";
      return {
        kernel: "attention",
        label: JSON.stringify({ dim, t, compute: kind, cut }),
        rows,
        make(random) {
          const [wq, wk] = [HEADS * dim, KV_HEADS * dim];
          const batch = cut === "sequences" ? 4 : 1;
          const [q, k, v] = [
            uniform(random, batch * t * wq),
            uniform(random, batch * t * wk),
            uniform(random, batch * t * wk),
          ];
          const ranges = Int32Array.from({ length: batch * t * 2 }, (_, i) =>
            i % 2 === 0 ? 0 : (((i - 1) / 2) % t) + 1,
          );
          return (backend, from, to) => {
            const [firstSequence, sequences] = cut === "sequences" ? [from, to - from] : [0, 1];
            const [first, tq] = cut === "sequences" ? [0, t] : [from, to - from];
            // Of the keys, no more than the last query sees ("capacity"), or all.
            const tk = cut === "capacity" ? to : t;
            const rowsOf = (x: Float32Array, width: number, at: number, count: number) =>
              x.subarray(
                (firstSequence * t + at) * width,
                (firstSequence * t + at) * width + (sequences > 1 ? sequences * t : count) * width,
              );
            const seen = ranges.subarray(
              (firstSequence * t + first) * 2,
              (firstSequence * t + first + (sequences > 1 ? sequences * t : tq)) * 2,
            );
            return withBuffers(
              backend,
              [
                stored(rowsOf(q, wq, first, tq)),
                stored(rowsOf(k, wk, 0, tk)),
                stored(rowsOf(v, wk, 0, tk)),
                stored(nothing(sequences * tq * wq)),
                seen,
              ],
              3,
              (at) =>
                backend.attention({
                  q: at[0]!,
                  k: at[1]!,
                  v: at[2]!,
                  o: at[3]!,
                  ranges: at[4]!,
                  batch: sequences,
                  tq,
                  tk,
                  heads: HEADS,
                  kvHeads: KV_HEADS,
                  dim,
                  ldq: wq,
                  ldk: wk,
                  ldv: wk,
                  ldo: wq,
                  strideQ: tq * wq,
                  strideK: tk * wk,
                  strideV: tk * wk,
                  strideO: tq * wq,
                  scale: 1 / Math.sqrt(dim),
                  compute,
                }),
            );
          };
        },
      };
    }),
  ),
);

// Rows ---------------------------------------------------------------------------------------------------------------

/** A kernel from rows of x (and vectors shared by all) to rows of y. */
function rowKernel(
  kernel: string,
  call: (
    b: Backend,
    p: { x: Operand; y: Operand; vector: Operand; ids: Operand; rows: number; dim: number },
  ) => void,
): RowCase[] {
  return [7, 64, 257].map((dim) => ({
    kernel,
    label: `dim ${dim}`,
    rows: 70,
    make(random) {
      const [x, vector] = [uniform(random, 70 * dim, -4, 4), uniform(random, dim)];
      const ids = Int32Array.from({ length: 70 }, () => random.integer(dim));
      return (b, from, to) =>
        withBuffers(
          b,
          [x.slice(from * dim, to * dim), nothing((to - from) * dim), vector, ids.subarray(from, to)],
          1,
          (at) => call(b, { x: at[0]!, y: at[1]!, vector: at[2]!, ids: at[3]!, rows: to - from, dim }),
        );
    },
  }));
}

const rowsRows: RowCase[] = [
  ...rowKernel("layerNorm", (b, { x, y, vector, rows, dim }) =>
    b.layerNorm({ x, gain: vector, bias: vector, y, rows, dim, eps: 1e-5 }),
  ),
  ...rowKernel("rmsNorm", (b, { x, y, vector, rows, dim }) =>
    b.rmsNorm({ x, gain: vector, gainOffset: 1, y, rows, dim, eps: 1e-5 }),
  ),
  ...rowKernel("softmax", (b, { x, y, rows, dim }) => b.softmax({ x, y, rows, cols: dim, log: false })),
  ...rowKernel("softmax (log)", (b, { x, y, rows, dim }) => b.softmax({ x, y, rows, cols: dim, log: true })),
  ...rowKernel("crossEntropy", (b, { x, y, ids, rows, dim }) => {
    const losses = { storage: b.allocate("f32", rows), offset: 0 };
    b.crossEntropy({ logits: x, targets: ids, losses, rows, vocab: dim, ld: dim, gradScale: 0.5 });
    b.copy(x, y, rows * dim);
    // The loss over the first gradient of its row.
    for (let r = 0; r < rows; r++) b.copy(place(losses, r), place(y, r * dim), 1);
    b.release(losses.storage);
  }),
  ...rowKernel("softmaxBackward", (b, { x, y, rows, dim }) =>
    b.softmaxBackward({ y: x, dy: x, dx: y, rows, cols: dim, log: false, accumulate: false }),
  ),
  ...rowKernel("sumCols", (b, { x, y, rows, dim }) => {
    b.fill(y, rows * dim, 0);
    const sums = { storage: b.allocate("f32", rows), offset: 0 };
    b.sumCols({ x, y: sums, rows, cols: dim });
    for (let r = 0; r < rows; r++) b.copy(place(sums, r), place(y, r * dim), 1);
    b.release(sums.storage);
  }),
  ...rowKernel("gated", (b, { x, y, rows, dim }) =>
    b.gated({ op: "silu", gate: x, up: x, y, rows, dim, ldg: dim, ldu: dim }),
  ),
];

const unaryOps: readonly Unary[] = [
  "gelu",
  "gelu_tanh",
  "quick_gelu",
  "silu",
  "tanh",
  "sigmoid",
  "exp",
  "rsqrt",
];
const elementRows: RowCase[] = unaryOps.flatMap((op): RowCase[] => [
  {
    kernel: "unary",
    label: op,
    rows: 1000,
    make(random) {
      const x = uniform(random, 1000, op === "rsqrt" ? 0.1 : -8, 8);
      return (b, from, to) =>
        withBuffers(b, [x.subarray(from, to), nothing(to - from)], 1, (at) =>
          b.unary({ op, x: at[0]!, y: at[1]!, length: to - from }),
        );
    },
  },
  {
    kernel: "unaryBackward",
    label: op,
    rows: 1000,
    make(random) {
      const [x, dy] = [uniform(random, 1000, op === "rsqrt" ? 0.1 : -8, 8), uniform(random, 1000)];
      return (b, from, to) =>
        withBuffers(b, [x.subarray(from, to), dy.subarray(from, to), nothing(to - from)], 2, (at) =>
          b.unaryBackward({ op, x: at[0]!, dy: at[1]!, dx: at[2]!, length: to - from, accumulate: false }),
        );
    },
  },
]);

export const rowInvariance: readonly RowCase[] = [
  ...matmulRows,
  ...attentionRows,
  ...rowsRows,
  ...elementRows,
];

/** Computes all rows at once and in pieces of several sizes; a line for each way of cutting that gave other bits. */
export function checkRows(b: Backend, c: RowCase, seed: number): string[] {
  const compute = c.make(createRandom(seed).stream(`${c.kernel} ${c.label}`));
  const whole = compute(b, 0, c.rows);
  const width = whole.length / c.rows;
  const problems: string[] = [];
  for (const piece of [1, 2, 3, 5, 8, 17, 33]) {
    for (let from = 0; from < Math.min(c.rows, 20 * piece); from += piece) {
      const to = Math.min(from + piece, c.rows);
      const part = compute(b, from, to);
      const at = part.findIndex((x, i) => !Object.is(x, whole[from * width + i]!));
      if (at < 0) continue;
      const row = from + Math.floor(at / width);
      problems.push(
        `row ${row} column ${at % width}: ${part[at]} computed with rows ${from} to ${to}, ${whole[from * width + at]} with all ${c.rows}`,
      );
      break;
    }
  }
  return problems;
}
