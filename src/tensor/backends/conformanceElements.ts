/** @file Conformance cases of elementwise kernels, strided copies and AdamW. Arithmetic that IEEE 754 rounds correctly
 *  (+ − × ÷ √, comparisons) is exact: rounding a float64 result once more changes nothing. */

import { ACTIVATIONS, type Activation, BINARY_OPERATIONS, UNARY_OPERATIONS, type Unary } from "../backend.js";
import type { DropoutMask } from "../dropoutMask.js";
import type { Random } from "../random.js";
import {
  type Buffer,
  type ConformanceCase,
  cases,
  EPS,
  exact,
  halfCases,
  input,
  output,
  type Plan,
  randomInput,
  sizeOf,
  sumOf,
  type Tolerance,
  target,
  uniform,
  updated,
  within,
} from "./conformance.js";

const lengths = [0, 1, 3, 15, 16, 17, 31, 63, 64, 65, 257, 1000, 4097, 20_001];

// Unary --------------------------------------------------------------------------------------------------------------

const exactly: readonly Unary[] = ["relu", "relu2", "neg", "sqrt", "square", "reciprocal", "abs"];
const positiveOnly: readonly Unary[] = ["log", "sqrt", "rsqrt"];
/** Where the limit is the only sensible reading. (gelu and its kin at −inf are 0·inf in the formula.) */
const definedAtInfinity: readonly Unary[] = [
  "relu",
  "tanh",
  "sigmoid",
  "relu2",
  "neg",
  "exp",
  "log",
  "sqrt",
  "rsqrt",
  "square",
  "reciprocal",
  "abs",
];

/** Numbers of every size that matters, then uniform ones. Without zero where the function or slope is singular. */
function argumentsOf(op: Unary, length: number, random: Random, wide: boolean): Float32Array {
  const x = uniform(random, length, -6, 6);
  if (wide) {
    for (let i = 0; i < length; i++) x[i] = random.normal() * 10 ** random.integer(3);
    const marks = [0.5, -0.5, 1, -1, 20, -20, 88.5, -88.5, 1e-3, -1e-3, 1e-6, -1e-6, 100, -100, 1e4, -1e4];
    for (let i = 0; i < Math.min(length, marks.length); i++) x[i] = marks[i]!;
  }
  return x.map((v) => {
    if (op === "exp" || op === "reciprocal") v = Math.max(-85, Math.min(85, v === 0 ? 1 : v));
    return positiveOnly.includes(op) ? Math.abs(v) + 1e-6 : v;
  });
}

const approximate: Tolerance = within(4 * EPS, 16 * EPS);
const toleranceOf = (op: Unary): Tolerance => {
  if (exactly.includes(op)) return exact;
  if (op === "exp" || op === "rsqrt" || op === "sigmoid")
    return within(1e-37, op === "exp" ? 4 * EPS : 16 * EPS);
  return op === "log" ? within(2 * EPS, 4 * EPS) : approximate;
};

function unaryPlan(
  p: { op: Unary; length: number; wide: boolean; inPlace?: boolean; special?: boolean },
  random: Random,
): Plan {
  const { op, length } = p;
  const values = argumentsOf(op, length, random, p.wide);
  if (p.special) {
    values[2] = Number.NaN;
    if (definedAtInfinity.includes(op)) values[length - 1] = Number.POSITIVE_INFINITY;
    if (definedAtInfinity.includes(op) && !positiveOnly.includes(op))
      values[length - 2] = Number.NEGATIVE_INFINITY;
    if (op !== "reciprocal" && op !== "rsqrt") values[1] = 0;
  }
  const x = input([length], values);
  const buffers: Record<string, Buffer> = p.inPlace
    ? { x: updated(x, toleranceOf(op)) }
    : { x, y: output([length], toleranceOf(op)) };
  return { buffers, run: (b, at) => void b.unary({ op, x: at.x!, y: at.y ?? at.x!, length }) };
}

const unaries: ConformanceCase[] = [
  ...cases(
    "unary",
    UNARY_OPERATIONS.flatMap((op) => [
      ...lengths.map((length, i) => ({ op, length, wide: i % 2 === 0, inPlace: i % 5 === 1 })),
      { op, length: 20, wide: true, special: true },
    ]),
    unaryPlan,
  ),
  ...cases(
    "unaryBackward",
    UNARY_OPERATIONS.flatMap((op) =>
      lengths.map((length, i) => ({ op, length, accumulate: i % 2 === 1, wide: i % 3 === 0 })),
    ),
    ({ op, length, accumulate, wide }, random) => {
      // Slopes near 0 and 1 are differences, so their error is absolute; that of log, 1/x, … and exp is relative.
      // gelu_tanh multiplies the error of σ by up to 2·√(2/π)·|x|·(1 + 0.134x²) before σ saturates.
      const relative = ["exp", "log", "sqrt", "rsqrt", "reciprocal", "square", "relu2"].includes(op);
      const absolute = op === "gelu_tanh" ? 64 : 16;
      const tolerance = relative ? within(1e-37, 8 * EPS) : within(absolute * EPS, 16 * EPS);
      const x = input([length], argumentsOf(op, length, random, wide));
      const dx = target(random, accumulate, [length], tolerance);
      return {
        buffers: { x, dy: randomInput(random, [length]), dx },
        run: (b, at) => void b.unaryBackward({ op, x: at.x!, dy: at.dy!, dx: at.dx!, length, accumulate }),
      };
    },
  ),
];

// Gated --------------------------------------------------------------------------------------------------------------

interface Gated {
  readonly op: Activation;
  readonly rows: number;
  readonly dim: number;
  /** gate and up side by side in one matrix, as a fused product leaves them. */
  readonly fused?: boolean;
  readonly pad?: number;
}
const gatedShapes: Gated[] = ACTIVATIONS.flatMap((op): Gated[] => [
  { op, rows: 0, dim: 5 },
  { op, rows: 1, dim: 1 },
  { op, rows: 3, dim: 15, fused: true },
  { op, rows: 5, dim: 16, pad: 3 },
  { op, rows: 2, dim: 17 },
  { op, rows: 4, dim: 65, fused: true },
  { op, rows: 300, dim: 257, fused: true },
]);

function gatedBuffers(p: Gated, random: Random) {
  const { rows, dim, pad = 0 } = p;
  const ldg = p.fused ? 2 * dim : dim + pad;
  const ldu = p.fused ? 2 * dim : dim + 2 * pad;
  const values = (low: number) => uniform(random, rows * dim, low, -low);
  const buffers: Record<string, Buffer> = p.fused
    ? { both: input([rows, 2 * dim], uniform(random, rows * 2 * dim, -5, 5)) }
    : { gate: input([rows, dim], values(-5), [ldg, 1]), up: input([rows, dim], values(-1), [ldu, 1]) };
  return { buffers, ldg, ldu };
}

const gateds: ConformanceCase[] = [
  ...cases("gated", gatedShapes, (p, random) => {
    const { op, rows, dim } = p;
    const { buffers, ldg, ldu } = gatedBuffers(p, random);
    buffers.y = output([rows, dim], within(20 * EPS, 20 * EPS));
    return {
      buffers,
      run: (b, at) => {
        const gate = at.gate ?? at.both!;
        const up = at.up ?? { storage: gate.storage, offset: gate.offset + dim };
        b.gated({ op, gate, up, y: at.y!, rows, dim, ldg, ldu });
        return undefined;
      },
    };
  }),
  ...cases("gatedBackward", gatedShapes, (p, random) => {
    const { op, rows, dim } = p;
    const { buffers, ldg, ldu } = gatedBuffers(p, random);
    const tolerance = within(80 * EPS, 20 * EPS);
    buffers.dy = randomInput(random, [rows, dim]);
    if (p.fused) buffers.dBoth = output([rows, 2 * dim], tolerance);
    else {
      buffers.dGate = output([rows, dim], tolerance, [ldg, 1]);
      buffers.dUp = output([rows, dim], tolerance, [ldu, 1]);
    }
    return {
      buffers,
      run: (b, at) => {
        const gate = at.gate ?? at.both!;
        const dGate = at.dGate ?? at.dBoth!;
        const up = at.up ?? { storage: gate.storage, offset: gate.offset + dim };
        const dUp = at.dUp ?? { storage: dGate.storage, offset: dGate.offset + dim };
        b.gatedBackward({ op, gate, up, dy: at.dy!, dGate, dUp, rows, dim, ldg, ldu });
        return undefined;
      },
    };
  }),
];

// Two operands -------------------------------------------------------------------------------------------------------

const repeats: readonly [number, number][] = [
  [0, 1],
  [1, 1],
  [6, 3],
  [15, 15],
  [17, 1],
  [64, 16],
  [65, 13],
  [99, 33],
  [260, 65],
  [1000, 1000],
  [4096, 1],
  [21_000, 700],
  [25_700, 257],
];

const arithmetic: ConformanceCase[] = [
  ...cases(
    "binary",
    BINARY_OPERATIONS.flatMap((op) =>
      repeats.flatMap(([length, bLength]) => [
        { op, length, bLength, inPlace: length % 2 === 1, special: length > 90 && length < 300 },
      ]),
    ),
    ({ op, length, bLength, inPlace, special }, random) => {
      const [x, y] = [uniform(random, length, -3, 3), uniform(random, bLength, 0.5, 2)];
      if (special)
        [x[1], x[2], y[3], y[4], x[5]] = [
          Number.NaN,
          Number.POSITIVE_INFINITY,
          Number.NaN,
          Number.NEGATIVE_INFINITY,
          0,
        ];
      const a = input([length], x);
      const buffers: Record<string, Buffer> = { a: inPlace ? updated(a, exact) : a, b: input([bLength], y) };
      if (!inPlace) buffers.y = output([length], exact);
      return {
        buffers,
        run: (b, at) => void b.binary({ op, a: at.a!, b: at.b!, y: at.y ?? at.a!, length, bLength }),
      };
    },
  ),
  ...cases(
    "axpby",
    lengths.flatMap((length) => [
      { length, alpha: 0.3, beta: 0 },
      { length, alpha: 1, beta: 1 },
      { length, alpha: -2.5, beta: 0.7 },
      { length, alpha: 0, beta: 0.9 },
    ]),
    ({ length, alpha, beta }, random) => ({
      buffers: {
        x: randomInput(random, [length]),
        y: target(random, beta !== 0, [length], within(4 * EPS * (Math.abs(alpha) + Math.abs(beta)))),
      },
      run: (b, at) => void b.axpby({ alpha, x: at.x!, beta, y: at.y!, length }),
    }),
  ),
  ...cases(
    "affine",
    lengths.flatMap((length) => [
      { length, alpha: 1.7, constant: -0.4 },
      { length, alpha: 0, constant: 3 },
    ]),
    ({ length, alpha, constant }, random) => ({
      buffers: {
        x: randomInput(random, [length]),
        y: output([length], within(4 * EPS * (Math.abs(alpha) + Math.abs(constant)))),
      },
      run: (b, at) => void b.affine({ x: at.x!, y: at.y!, alpha, constant, length }),
    }),
  ),
];

// Dropout ------------------------------------------------------------------------------------------------------------

interface Dropped extends DropoutMask {
  readonly length: number;
  /** Where y goes, if not to a place of its own. */
  readonly onto?: "x" | "residual";
  readonly residual?: boolean;
}

const dropouts = cases(
  "dropout",
  [...lengths, 70_001].flatMap((length): Dropped[] => [
    { length, p: 0.1, seed: 2 ** 53 - 1, stream: 2 ** 32 - 1 },
    { length, p: 0.5, seed: 7, stream: 3, onto: "x" },
    { length, p: 0.3, seed: 7, stream: 3, onto: "residual" },
    { length, p: 0, seed: 0, stream: 0, residual: true },
  ]),
  ({ length, onto, residual, ...mask }, random) => {
    const x = randomInput(random, [length]);
    const buffers: Record<string, Buffer> = { x: onto === "x" ? updated(x, exact) : x };
    if (residual) buffers.residual = randomInput(random, [length]);
    if (onto === "residual") buffers.residual = updated(randomInput(random, [length]), exact);
    if (onto === undefined) buffers.y = output([length], exact);
    return {
      buffers,
      run: (b, at) => void b.dropout({ x: at.x!, residual: at.residual, y: at[onto ?? "y"]!, length, mask }),
    };
  },
);

// Four bits -----------------------------------------------------------------------------------------------------------

interface FourBit {
  readonly length: number;
  readonly block: number;
  readonly nested?: number;
}

const anyBytes = (random: Random, count: number) => {
  const words = Int32Array.from({ length: Math.ceil(count / 4) }, () => random.integer(2 ** 32) - 2 ** 31);
  return input([words.length], words);
};

const fourBits = cases(
  "dequantize4",
  [...lengths, 851, 40_000].flatMap((length): FourBit[] => [
    { length, block: 64 },
    { length, block: 16 },
    { length, block: 64, nested: 256 },
    { length, block: 128, nested: 3 },
  ]),
  ({ length, block, nested }, random) => {
    const blocks = Math.ceil(length / block);
    const scale = (count: number) => input([count], uniform(random, count, 0.1, 2));
    const buffers: Record<string, Buffer> = {
      codes: anyBytes(random, Math.ceil(length / 2)),
      table: randomInput(random, [16]),
      y: output([length], exact),
    };
    if (nested === undefined) buffers.scales = scale(blocks);
    else {
      buffers.scales = anyBytes(random, blocks);
      buffers.map = randomInput(random, [256]);
      buffers.outer = scale(Math.ceil(blocks / nested));
    }
    return {
      buffers,
      run: (b, at) =>
        void b.dequantize4({
          codes: at.codes!,
          table: at.table!,
          scales: at.scales!,
          nested:
            nested === undefined
              ? undefined
              : { map: at.map!, scales: at.outer!, offset: 0.3, block: nested },
          y: at.y!,
          length,
          block,
        }),
    };
  },
);

// Strided copies -----------------------------------------------------------------------------------------------------

interface Strided {
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly accumulate?: boolean;
  readonly integers?: boolean;
}
const stridedShapes: Strided[] = (
  [
    { shape: [], x: [], y: [] },
    { shape: [0, 4], x: [4, 1], y: [4, 1] },
    { shape: [17], x: [1], y: [1] },
    { shape: [33], x: [3], y: [2] },
    { shape: [5, 7], x: [1, 5], y: [7, 1] }, // transposed
    { shape: [130, 67], x: [1, 130], y: [67, 1] },
    { shape: [300, 257], x: [260, 1], y: [257, 1] },
    { shape: [4, 9], x: [0, 1], y: [9, 1] }, // repeated
    { shape: [4, 9], x: [1, 0], y: [9, 1] },
    { shape: [2, 3, 5, 16], x: [240, 16, 48, 1], y: [240, 80, 16, 1] }, // heads before time
    { shape: [2, 65, 4, 17], x: [4420, 17, 1105, 1], y: [4420, 68, 17, 1] },
    { shape: [2, 3, 2, 3, 2, 5], x: [5, 10, 30, 60, 180, 1], y: [180, 60, 30, 10, 5, 1] },
    { shape: [3, 2, 4, 1, 3, 2], x: [1, 3, 6, 24, 24, 72], y: [48, 24, 6, 6, 2, 1] },
  ] as const
).flatMap((s): Strided[] => [
  s,
  { ...s, accumulate: true },
  { ...s, integers: true },
  { ...s, integers: true, accumulate: true },
]);
const summed: Strided[] = [
  { shape: [4, 9], x: [9, 1], y: [0, 1], accumulate: true },
  { shape: [40, 33], x: [33, 1], y: [1, 0], accumulate: true },
  { shape: [300, 257], x: [257, 1], y: [0, 1], accumulate: true },
];

const strided = cases("stridedCopy", [...stridedShapes, ...summed], (p, random) => {
  const { shape, accumulate = false, integers } = p;
  // Where a stride is 0 the buffer holds that dimension once.
  const held = (strides: readonly number[]) =>
    shape.map((size, d) => (strides[d] === 0 ? Math.min(1, size) : size));
  const values = (of: readonly number[]) =>
    integers
      ? Int32Array.from({ length: sizeOf(of) }, () => random.integer(2000) - 1000)
      : uniform(random, sizeOf(of));
  const x = input(held(p.x), values(held(p.x)), [...p.x]);
  const to = held(p.y);
  const tolerance = sizeOf(to) === sizeOf(shape) ? exact : sumOf(sizeOf(shape) / sizeOf(to));
  const y: Buffer = {
    dtype: x.dtype,
    shape: to,
    strides: [...p.y],
    values: accumulate ? values(to) : null,
    tolerance,
  };
  return {
    buffers: { x, y },
    run: (b, at) =>
      void b.stridedCopy({ x: at.x!, y: at.y!, shape, xStrides: p.x, yStrides: p.y, accumulate }),
  };
});

// AdamW --------------------------------------------------------------------------------------------------------------

interface Adam {
  readonly lengths: readonly number[];
  readonly step: number;
  readonly weightDecay: number;
  readonly gradScale: number;
  readonly beta2?: number;
}
const adams: Adam[] = [[0], [1], [15, 16, 17], [1000], [70_001, 3, 0, 257]].flatMap((many): Adam[] => [
  { lengths: many, step: 1, weightDecay: 0, gradScale: 1 },
  { lengths: many, step: 7, weightDecay: 0.1, gradScale: 0.37, beta2: 0.95 },
  { lengths: many, step: 100_000, weightDecay: 0.01, gradScale: 1 },
]);

const adamw = cases(
  "adamw",
  [...adams, { lengths: [], step: 1, weightDecay: 0, gradScale: 1 }],
  (p, random) => {
    const { step, weightDecay, gradScale, beta2 = 0.999 } = p;
    const lr = 1e-2;
    const buffers: Record<string, Buffer> = {};
    p.lengths.forEach((length, i) => {
      // Moments as a run leaves them: |m| at most √v, so that no step is much larger than lr.
      const v = uniform(random, length, 0.01, 1);
      const m = uniform(random, length).map((x, j) => x * Math.sqrt(v[j]!));
      const correction = Math.sqrt(1 - beta2 ** step) / (1 - 0.9 ** step);
      const largestStep = lr * 12 * correction;
      buffers[`param${i}`] = updated(randomInput(random, [length]), within(EPS * 24 * largestStep, 4 * EPS));
      buffers[`grad${i}`] = randomInput(random, [length]);
      buffers[`m${i}`] = updated(input([length], step === 1 ? m.fill(0) : m), within(4 * EPS));
      buffers[`v${i}`] = updated(input([length], step === 1 ? v.fill(0) : v), within(1e-37, 6 * EPS));
    });
    return {
      buffers,
      run: (b, at) =>
        void b.adamw(
          p.lengths.map((length, i) => ({
            param: at[`param${i}`]!,
            grad: at[`grad${i}`]!,
            m: at[`m${i}`]!,
            v: at[`v${i}`]!,
            length,
            lr,
            beta1: 0.9,
            beta2,
            eps: 1e-8,
            weightDecay,
            step,
            gradScale,
          })),
        ),
    };
  },
);

export const elementCases: readonly ConformanceCase[] = [
  ...unaries,
  ...halfCases(unaries, "unary", ["x", "y"]),
  ...halfCases(unaries, "unaryBackward", ["x", "dy", "dx"]),
  ...gateds,
  ...halfCases(gateds, "gated", ["gate", "up", "both", "y"]),
  ...halfCases(gateds, "gatedBackward", ["gate", "up", "both", "dy", "dGate", "dUp", "dBoth"]),
  ...arithmetic,
  ...halfCases(arithmetic, "binary", ["a", "b", "y"]),
  ...halfCases(arithmetic, "axpby", ["x", "y"]),
  ...halfCases(arithmetic, "affine", ["x", "y"]),
  ...dropouts,
  ...halfCases(dropouts, "dropout", ["x", "residual", "y"]),
  ...fourBits,
  ...halfCases(fourBits, "dequantize4", ["y"]),
  ...strided,
  ...halfCases(strided, "stridedCopy", ["x", "y"]),
  ...adamw,
];
