/** @file Conformance cases of matrix products: every transposition, epilogue, precision and odd size. */

import { ACTIVATIONS, type Activation, type Backend, type MatmulParams, type Operand } from "../backend.js";
import type { TypedArray } from "../dtype.js";
import { createRandom, type Random } from "../random.js";
import {
  type Buffer,
  type ConformanceCase,
  cases,
  EPS,
  halved,
  input,
  output,
  type Plan,
  randomInput,
  sizeOf,
  sumOf,
  target,
  uniform,
  updated,
  within,
} from "./conformance.js";

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly compute?: "fp32" | "bf16";
  readonly tA?: boolean;
  readonly tB?: boolean;
  /** Added to each leading dimension. */
  readonly pad?: number;
  readonly alpha?: number;
  readonly accumulate?: boolean;
  readonly bias?: boolean;
  readonly activation?: Activation;
  readonly preactivation?: boolean;
  /** "c": C itself. */
  readonly residual?: boolean | "c";
  readonly batch?: number;
  /** B is shared by the batch: stride 0. */
  readonly sharedB?: boolean;
  /** Values that are not numbers, in A. */
  readonly special?: boolean;
}

const sizes: readonly [number, number, number][] = [
  [1, 1, 1],
  [1, 1, 17],
  [1, 16, 1],
  [2, 3, 5],
  [3, 15, 16],
  [4, 17, 15],
  [7, 31, 33],
  [13, 33, 31],
  [14, 32, 64],
  [15, 63, 65],
  [16, 64, 63],
  [17, 65, 64],
  [33, 47, 49],
  [1, 300, 257],
  [2, 257, 300],
  [5, 129, 500],
  [31, 7, 1030],
  [64, 96, 128],
  [127, 65, 130],
  [300, 257, 129],
];
const both = [false, true];
const precisions = ["fp32", "bf16"] as const;

const transposed: Shape[] = sizes.flatMap(([m, n, k]) =>
  both.flatMap((tA) => both.flatMap((tB) => precisions.map((compute) => ({ m, n, k, tA, tB, compute })))),
);
const empty: Shape[] = [
  { m: 0, n: 5, k: 3 },
  { m: 5, n: 0, k: 3 },
  { m: 5, n: 3, k: 0 },
  { m: 5, n: 3, k: 0, accumulate: true },
  { m: 5, n: 19, k: 0, bias: true, activation: "gelu", residual: true, preactivation: true },
];
const strided: Shape[] = precisions.flatMap((compute) =>
  both.flatMap((tA) =>
    both.flatMap((tB) => [
      { m: 17, n: 33, k: 19, tA, tB, pad: 5, compute },
      { m: 65, n: 70, k: 67, tA, tB, pad: 16, compute, accumulate: true, alpha: 0.5 },
    ]),
  ),
);
const epilogues: Shape[] = precisions.flatMap((compute): Shape[] => [
  ...ACTIVATIONS.flatMap((activation): Shape[] => [
    { m: 19, n: 37, k: 23, compute, bias: true, activation, preactivation: true, residual: true, pad: 3 },
    { m: 18, n: 33, k: 70, compute, activation },
  ]),
  { m: 9, n: 21, k: 40, compute, bias: true },
  { m: 9, n: 21, k: 40, compute, residual: true },
  { m: 9, n: 21, k: 40, compute, residual: "c" },
  { m: 66, n: 130, k: 40, compute, residual: "c", bias: true, activation: "silu", pad: 7, tB: true },
  { m: 9, n: 21, k: 40, compute, preactivation: true },
  { m: 9, n: 21, k: 40, compute, preactivation: true, activation: "relu", bias: true },
  { m: 9, n: 21, k: 40, compute, alpha: -1.75 },
  {
    m: 9,
    n: 21,
    k: 40,
    compute,
    alpha: 0.125,
    accumulate: true,
    bias: true,
    activation: "tanh",
    residual: true,
  },
  { m: 130, n: 129, k: 600, compute, accumulate: true },
  { m: 130, n: 129, k: 600, compute, accumulate: true, tA: true, alpha: 2 },
  { m: 5, n: 21, k: 40, compute, special: true },
]);
const batched: Shape[] = precisions.flatMap((compute) => [
  { m: 1, n: 1, k: 1, batch: 3, compute },
  { m: 5, n: 7, k: 9, batch: 4, compute },
  { m: 17, n: 19, k: 33, batch: 3, pad: 2, tB: true, compute },
  { m: 17, n: 19, k: 33, batch: 3, tA: true, accumulate: true, compute },
  { m: 6, n: 40, k: 16, batch: 5, sharedB: true, alpha: 3, compute },
  { m: 5, n: 7, k: 9, batch: 0, compute },
]);

interface Built {
  readonly buffers: Record<string, Buffer>;
  params(at: Readonly<Record<string, Operand>>): MatmulParams;
}

function build(p: Shape, random: Random): Built {
  const {
    m,
    n,
    k,
    compute = "fp32",
    tA = false,
    tB = false,
    pad = 0,
    alpha = 1,
    accumulate = false,
    batch,
  } = p;
  const [rowsA, colsA] = tA ? [k, m] : [m, k];
  const [rowsB, colsB] = tB ? [n, k] : [k, n];
  const [lda, ldb, ldc] = [colsA + pad, colsB + 2 * pad, n + 3 * pad];
  const stride = (rows: number, ld: number) => rows * ld + 3;
  const strideB = p.sharedB ? 0 : stride(rowsB, ldb);
  const many = batch === undefined ? [] : [batch];
  const tolerance = sumOf(k, Math.abs(alpha));
  const steepest = p.activation === "relu2" ? 2 * Math.sqrt(k) + 4 : 2;
  const after = p.activation ? within(steepest * tolerance.abs + 8 * EPS, 24 * EPS) : tolerance;
  const strided = (s: number, ld: number) => (batch === undefined ? [ld, 1] : [s, ld, 1]);
  const a = uniform(random, sizeOf([...many, rowsA, colsA]));
  if (p.special) [a[0], a[k], a[2 * k]] = [Number.NaN, Number.POSITIVE_INFINITY, 0];
  const manyB = p.sharedB ? [1] : many;
  const c = target(
    random,
    accumulate || p.residual === "c",
    [...many, m, n],
    after,
    strided(stride(m, ldc), ldc),
  );
  const buffers: Record<string, Buffer> = {
    a: input([...many, rowsA, colsA], a, strided(stride(rowsA, lda), lda)),
    b: randomInput(random, [...manyB, rowsB, colsB], strided(stride(rowsB, ldb), ldb)),
    c: c.values ? updated(c, after) : c,
  };
  if (p.bias) buffers.bias = randomInput(random, [n]);
  if (p.preactivation) buffers.pre = output([m, n], tolerance, [ldc, 1]);
  if (p.residual === true) buffers.residual = randomInput(random, [m, n], [ldc, 1]);
  return {
    buffers,
    params: (at) => ({
      a: at.a!,
      b: at.b!,
      c: at.c!,
      m,
      n,
      k,
      transA: tA,
      transB: tB,
      lda,
      ldb,
      ldc,
      alpha,
      accumulate,
      compute,
      bias: at.bias,
      activation: p.activation,
      preactivation: at.pre,
      residual: p.residual === "c" ? at.c : at.residual,
      ...(batch === undefined
        ? {}
        : { batch: { count: batch, strideA: stride(rowsA, lda), strideB, strideC: stride(m, ldc) } }),
    }),
  };
}

function matmulPlan(p: Shape, random: Random): Plan {
  const { buffers, params } = build(p, random);
  return { buffers, run: (b, at) => void b.matmul(params(at)) };
}

/** The product through `pack`. */
export function runPacked(backend: Backend, params: MatmulParams): void {
  const { b, n, k, transB = false, ldb, compute, transA: _, batch: __, ...rest } = params;
  const packed = backend.pack({ b, n, k, transB, ldb, compute });
  try {
    backend.matmulPacked({ ...rest, b: packed });
  } finally {
    packed.release();
  }
}

function packedPlan(p: Shape, random: Random): Plan {
  const { buffers, params } = build(p, random);
  return { buffers, run: (b, at) => void runPacked(b, params(at)) };
}

const all = [...transposed, ...empty, ...strided, ...epilogues, ...batched];
/** `matmulPacked` promises the bits of `matmul`; the test runs these both ways. */
export const packable: readonly Shape[] = all.filter((p) => !p.tA && p.batch === undefined);
export const packedPair = (p: Shape, random: Random): { plain: Plan; packed: Plan } => {
  const { buffers, params } = build(p, random);
  return {
    plain: { buffers, run: (b, at) => void b.matmul(params(at)) },
    packed: { buffers, run: (b, at) => void runPacked(b, params(at)) },
  };
};

/** What layers rely on that compute an activation again from the z they kept: the epilogue's activation of a product has the
 *  bits of `unary` of its preactivation, in every place of a row, on few rows and on many, packed or not. A line for each
 *  way that gave other bits. */
export function activationDifferences(backend: Backend, seed: number): string[] {
  const random = createRandom(seed).stream("activations");
  const problems: string[] = [];
  for (const activation of ACTIVATIONS)
    for (const compute of precisions)
      for (const [m, n, k] of [
        [1, 49, 19],
        [3, 37, 70],
        [61, 131, 45],
      ] as const) {
        const values = [uniform(random, m * k, -3, 3), uniform(random, k * n, -1, 1), uniform(random, n)];
        [values[2]![0], values[2]![1], values[2]![2]] = [Number.NaN, Number.NEGATIVE_INFINITY, 30];
        const operands = [...values.map((v) => v.length), m * n, m * n, m * n].map((length) => ({
          storage: backend.allocate("f32", length),
          offset: 0,
        }));
        for (const [i, v] of values.entries()) backend.write(operands[i]!, v);
        const [a, b, bias, z, c, y] = operands as [Operand, Operand, Operand, Operand, Operand, Operand];
        const epilogue = { bias, activation, preactivation: z };
        const params = { a, b, c, m, n, k, lda: k, ldb: n, ldc: n, compute, ...epilogue };
        for (const packed of both) {
          if (packed) runPacked(backend, params);
          else backend.matmul(params);
          backend.unary({ op: activation, x: z, y, length: m * n });
          const [found, expected] = [c, y].map((x) => backend.read(x, m * n)) as [TypedArray, TypedArray];
          const at = found.findIndex((x, i) => !Object.is(x, expected[i]));
          if (at >= 0)
            problems.push(
              `${activation} ${compute} ${m}×${n}×${k}${packed ? " packed" : ""}: ${found[at]} at ${at}, unary gives ${expected[at]}`,
            );
        }
        for (const { storage } of operands) backend.release(storage);
      }
  return problems;
}

const adds = (p: Shape): boolean => p.accumulate === true || p.residual !== undefined;
/** Several blocks of k, so that sums must wait for the last before they are rounded; many rows and few. */
const long: Shape[] = precisions.flatMap((compute) =>
  [7, 130].flatMap((m): Shape[] => [
    { m, n: 67, k: 1100, compute, tB: true, bias: true, activation: "silu", preactivation: true, pad: 3 },
    { m, n: 130, k: 1700, compute, alpha: 0.5 },
    { m, n: 33, k: 700, compute, tA: true },
  ]),
);
/** Each shape with one of the sets of operands in bf16. */
const inBf16 = (
  kernel: string,
  shapes: readonly Shape[],
  make: (p: Shape, random: Random) => Plan,
  ...sets: readonly (readonly string[])[]
): ConformanceCase[] =>
  cases(kernel, shapes, make).map((c, i) => {
    const half = sets[i % sets.length]!;
    const label = `${c.label} bf16: ${half}`;
    return { ...c, label, half, make: (random: Random) => halved(c.make(random), half) };
  });
const rounded = [...all.filter((p) => !adds(p) && p.m * p.n * p.k < 2e6), ...long];
const added = all.filter(adds);

export const matmulCases: readonly ConformanceCase[] = [
  ...cases("matmul", all, matmulPlan),
  ...cases("matmulPacked", packable, packedPlan),
  ...inBf16("matmul", rounded, matmulPlan, ["a"], ["b"], ["a", "b"], ["c", "pre"], ["a", "b", "c", "pre"]),
  ...inBf16("matmul", long, matmulPlan, ["a", "b", "c", "pre"], ["b", "c", "pre"], ["c", "pre"], ["a", "b"]),
  ...inBf16("matmul", added, matmulPlan, ["a", "b"], ["a", "pre"]),
  ...inBf16(
    "matmulPacked",
    rounded.filter((p) => !p.tA && p.batch === undefined),
    packedPlan,
    ["a", "c", "pre"],
    ["c", "pre"],
    ["a"],
  ),
];
