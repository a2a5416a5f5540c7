/** @file Conformance cases of the kernels that work on rows: embedding, norms, rotary positions, softmax, cross-entropy,
 *  argmax, sums. */

import type { Random } from "../random.js";
import {
  type Buffer,
  type ConformanceCase,
  cases,
  EPS,
  exact,
  halfCases,
  input,
  integerOutput,
  output,
  randomInput,
  sumOf,
  target,
  uniform,
  updated,
  within,
} from "./conformance.js";

/** [rows, cols]: empty, one, around the widths of vectors, several blocks of rows, enough for two threads. */
const sizes: readonly [number, number][] = [
  [0, 5],
  [1, 1],
  [1, 2],
  [3, 7],
  [2, 15],
  [5, 16],
  [4, 17],
  [1, 31],
  [7, 33],
  [2, 63],
  [3, 64],
  [9, 65],
  [1, 257],
  [33, 48],
  [65, 100],
  [300, 257],
  [129, 384],
  [2, 4099],
];
const each = <P>(variants: readonly P[]): ({ rows: number; dim: number } & P)[] =>
  sizes.flatMap(([rows, dim]) => variants.map((v) => ({ rows, dim, ...v })));

// Embedding ----------------------------------------------------------------------------------------------------------

const ids = (random: Random, rows: number, vocab: number) =>
  Int32Array.from({ length: rows }, () => random.integer(vocab));

const embeddings: ConformanceCase[] = [
  ...cases("embedding", each([{ vocab: 11 }]), ({ rows, dim, vocab }, random) => ({
    buffers: {
      table: randomInput(random, [vocab, dim]),
      ids: input([rows], ids(random, rows, vocab)),
      y: output([rows, dim], exact),
    },
    run: (b, at) => void b.embedding({ table: at.table!, ids: at.ids!, y: at.y!, rows, dim }),
  })),
  ...cases(
    "embeddingBackward",
    each<{ vocab: number; skip?: number }>([
      { vocab: 3 },
      { vocab: 11, skip: 2 },
      { vocab: 400, skip: -1 },
      { vocab: 1, skip: 0 },
    ]),
    ({ rows, dim, vocab: most, skip }, random) => {
      const vocab = Math.min(most, Math.ceil(40_000 / dim));
      const chosen = ids(random, rows, vocab);
      if (skip === -1 && rows > 1) chosen[1] = -1;
      return {
        buffers: {
          dTable: updated(randomInput(random, [vocab, dim]), sumOf(rows)),
          ids: input([rows], chosen),
          dy: randomInput(random, [rows, dim]),
        },
        run: (b, at) =>
          void b.embeddingBackward({
            dTable: at.dTable!,
            ids: at.ids!,
            dy: at.dy!,
            rows,
            dim,
            vocab,
            ...(skip === undefined ? {} : { skip }),
          }),
      };
    },
  ),
];

// Norms --------------------------------------------------------------------------------------------------------------

interface Norm {
  readonly rows: number;
  readonly dim: number;
  readonly mean?: number;
  readonly constant?: boolean;
  readonly plain?: boolean;
  readonly accumulate?: boolean;
  readonly gainOffset?: number;
  readonly noWeightGrad?: boolean;
}
const NORM_EPS = 1e-5;

/** Rows of numbers within 1 of `mean`, or all alike. */
function rowsOf(p: Norm, random: Random): Float32Array {
  const { mean = 0, rows, dim } = p;
  return p.constant
    ? new Float32Array(rows * dim).fill(mean + 0.3)
    : uniform(random, rows * dim, mean - 1, mean + 1);
}

/** Rows' means and reciprocal deviations in float64: by variance around the mean, or by the mean square. */
function statistics(x: Float32Array, rows: number, dim: number, centred: boolean) {
  const mean = new Float32Array(rows);
  const rstd = new Float32Array(rows);
  let largest = 0; // of |x̂|
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * dim, (r + 1) * dim);
    const m = centred ? row.reduce((s, v) => s + v, 0) / dim : 0;
    mean[r] = m;
    rstd[r] = 1 / Math.sqrt(row.reduce((s, v) => s + (v - m) ** 2, 0) / dim + NORM_EPS);
    for (const v of row) largest = Math.max(largest, Math.abs(v - mean[r]!) * rstd[r]!);
  }
  const steepest = rstd.reduce((a, b) => Math.max(a, b), 0);
  return { mean, rstd, largest, steepest };
}

const norms: ConformanceCase[] = [
  ...cases(
    "layerNorm",
    each<Partial<Norm>>([{}, { plain: true }, { mean: 100 }, { constant: true, mean: 7 }]),
    (p: Norm, random) => {
      const { rows, dim, mean = 0 } = p;
      const x = rowsOf(p, random);
      const { steepest } = statistics(x, rows, dim, true);
      const c = 16 + Math.sqrt(dim);
      const buffers: Record<string, Buffer> = {
        x: input([rows, dim], x),
        gain: randomInput(random, [dim]),
        y: output([rows, dim], within(EPS * c * (Math.abs(mean) + 1) * (steepest + 1), 16 * EPS)),
      };
      if (!p.plain) {
        buffers.bias = randomInput(random, [dim]);
        buffers.mean = output([rows], within(EPS * c * (Math.abs(mean) + 1)));
        buffers.rstd = output(
          [rows],
          within(0, EPS * c * (2 + (Math.abs(mean) + 1) * Math.min(steepest, 4))),
        );
      }
      return {
        buffers,
        run: (b, at) =>
          void b.layerNorm({
            x: at.x!,
            gain: at.gain!,
            bias: at.bias,
            y: at.y!,
            mean: at.mean,
            rstd: at.rstd,
            rows,
            dim,
            eps: NORM_EPS,
          }),
      };
    },
  ),
  ...cases(
    "rmsNorm",
    each<Partial<Norm>>([{}, { plain: true }, { gainOffset: 1 }, { mean: 100 }]),
    (p: Norm, random) => {
      const { rows, dim, gainOffset = 0 } = p;
      const x = rowsOf(p, random);
      const { largest } = statistics(x, rows, dim, false);
      const rel = EPS * (16 + Math.sqrt(dim));
      const buffers: Record<string, Buffer> = {
        x: input([rows, dim], x),
        y: output([rows, dim], within(4 * EPS * largest, rel)),
      };
      if (!p.plain) {
        buffers.gain = randomInput(random, [dim]);
        buffers.rstd = output([rows], within(0, rel));
      }
      return {
        buffers,
        run: (b, at) =>
          void b.rmsNorm({
            x: at.x!,
            gain: at.gain,
            gainOffset,
            y: at.y!,
            rstd: at.rstd,
            rows,
            dim,
            eps: NORM_EPS,
          }),
      };
    },
  ),
  ...cases(
    "layerNormBackward",
    each<Partial<Norm>>([{}, { accumulate: true }, { plain: true }, { mean: 20, accumulate: true }]),
    (p: Norm, random) => {
      const { rows, dim, mean: centre = 0, accumulate = false } = p;
      const x = rowsOf(p, random);
      const { mean, rstd, largest, steepest } = statistics(x, rows, dim, true);
      const error = EPS * (16 + Math.sqrt(dim)) * (1 + largest) * (1 + largest + steepest * Math.abs(centre));
      const buffers: Record<string, Buffer> = {
        x: input([rows, dim], x),
        gain: randomInput(random, [dim]),
        mean: input([rows], mean),
        rstd: input([rows], rstd),
        dy: randomInput(random, [rows, dim]),
        dx: target(random, accumulate, [rows, dim], within(steepest * error)),
        dGain: target(
          random,
          accumulate,
          [dim],
          within(EPS * (rows + 8) * (1 + largest + steepest * Math.abs(centre))),
        ),
      };
      if (!p.plain) buffers.dBias = target(random, accumulate, [dim], sumOf(rows));
      return {
        buffers,
        run: (b, at) =>
          void b.layerNormBackward({
            x: at.x!,
            gain: at.gain!,
            mean: at.mean!,
            rstd: at.rstd!,
            dy: at.dy!,
            dx: at.dx!,
            dGain: at.dGain!,
            dBias: at.dBias,
            rows,
            dim,
            accumulateX: accumulate,
            accumulateW: accumulate,
          }),
      };
    },
  ),
  ...cases(
    "rmsNormBackward",
    each<Partial<Norm>>([{}, { accumulate: true, gainOffset: 1 }, { plain: true }, { noWeightGrad: true }]),
    (p: Norm, random) => {
      const { rows, dim, gainOffset = 0, accumulate = false } = p;
      const x = rowsOf(p, random);
      const { rstd, largest, steepest } = statistics(x, rows, dim, false);
      const error = EPS * (16 + Math.sqrt(dim)) * (1 + largest) ** 2 * (1 + gainOffset);
      const buffers: Record<string, Buffer> = {
        x: input([rows, dim], x),
        rstd: input([rows], rstd),
        dy: randomInput(random, [rows, dim]),
        dx: target(random, accumulate, [rows, dim], within(steepest * error)),
      };
      if (!p.plain) buffers.gain = randomInput(random, [dim]);
      if (!p.plain && !p.noWeightGrad)
        buffers.dGain = target(random, accumulate, [dim], sumOf(rows, 1 + largest));
      return {
        buffers,
        run: (b, at) =>
          void b.rmsNormBackward({
            x: at.x!,
            gain: at.gain,
            gainOffset,
            rstd: at.rstd!,
            dy: at.dy!,
            dx: at.dx!,
            dGain: at.dGain,
            rows,
            dim,
            accumulateX: accumulate,
            accumulateW: accumulate,
          }),
      };
    },
  ),
];

// Rotary positions ---------------------------------------------------------------------------------------------------

interface Rope {
  readonly rows: number;
  readonly heads: number;
  readonly dim: number;
  readonly half: number;
  readonly padX?: number;
  readonly padY?: number;
  readonly sign: 1 | -1;
  readonly inPlace?: boolean;
}
const ropes: Rope[] = (
  [
    [0, 2, 4, 2],
    [1, 1, 2, 1],
    [3, 2, 7, 3],
    [2, 3, 16, 8],
    [5, 1, 30, 15],
    [4, 2, 34, 17],
    [9, 2, 64, 32],
    [65, 4, 64, 32],
    [300, 6, 64, 32],
    [7, 2, 80, 16],
    [3, 2, 8, 0],
    [17, 2, 66, 33],
    [2, 3, 128, 64],
  ] as const
).flatMap(([rows, heads, dim, half]): Rope[] => [
  { rows, heads, dim, half, sign: 1 },
  { rows, heads, dim, half, sign: -1, padX: 5, padY: 9 },
  { rows, heads, dim, half, sign: 1, padX: 2 * dim, inPlace: true },
]);
const rotary = cases("rope", ropes, (p, random) => {
  const { rows, heads, dim, half, padX = 0, padY = 0, sign, inPlace } = p;
  const [ldx, ldy] = [heads * dim + padX, heads * dim + (inPlace ? padX : padY)];
  const angles = uniform(random, rows * half, -4, 4);
  const x = randomInput(random, [rows, heads * dim], [ldx, 1]);
  const buffers: Record<string, Buffer> = {
    x: inPlace ? updated(x, within(4 * EPS)) : x,
    cos: input([rows, half], angles.map(Math.cos)),
    sin: input([rows, half], angles.map(Math.sin)),
  };
  if (!inPlace) buffers.y = output([rows, heads * dim], within(4 * EPS), [ldy, 1]);
  return {
    buffers,
    run: (b, at) =>
      void b.rope({
        x: at.x!,
        y: at.y ?? at.x!,
        cos: at.cos!,
        sin: at.sin!,
        rows,
        heads,
        dim,
        half,
        ldx,
        ldy,
        sign,
      }),
  };
});

// Softmax and cross-entropy ------------------------------------------------------------------------------------------

interface Soft {
  readonly rows: number;
  readonly dim: number;
  readonly log: boolean;
  readonly range?: number;
  readonly shift?: number;
  readonly inPlace?: boolean;
  /** One entry NaN, others −inf. */
  readonly special?: boolean;
  readonly accumulate?: boolean;
}
const softVariants = [false, true].flatMap((log): Omit<Soft, "rows" | "dim">[] => [
  { log },
  { log, range: 30 },
  { log, shift: 500, inPlace: true },
  { log, special: true },
]);

const softmaxes: ConformanceCase[] = [
  ...cases("softmax", each(softVariants), (p: Soft, random) => {
    const { rows, dim: cols, log, range = 1, shift = 0, inPlace } = p;
    const x = uniform(random, rows * cols, shift - range, shift + range);
    if (p.special && cols > 2) {
      for (let r = 0; r < rows; r++) x[r * cols + random.integer(cols - 1) + 1] = Number.NEGATIVE_INFINITY;
      x[0] = Number.NaN;
    }
    const error = EPS * (16 + 2 * Math.sqrt(cols) + 4 * range);
    const tolerance = log
      ? within(error + 2 * EPS * Math.abs(shift), 4 * EPS)
      : within(1e-37, error + 2 * EPS * shift);
    const from = input([rows, cols], x);
    const buffers: Record<string, Buffer> = { x: inPlace ? updated(from, tolerance) : from };
    if (!inPlace) buffers.y = output([rows, cols], tolerance);
    return {
      buffers,
      run: (b, at) => void b.softmax({ x: at.x!, y: at.y ?? at.x!, rows, cols, log }),
    };
  }),
  ...cases(
    "softmaxBackward",
    each([false, true].flatMap((log) => [false, true].map((accumulate) => ({ log, accumulate })))),
    (p: Soft, random) => {
      const { rows, dim: cols, log, accumulate = false } = p;
      const y = uniform(random, rows * cols, 0, 1);
      for (let r = 0; r < rows; r++) {
        const row = y.subarray(r * cols, (r + 1) * cols);
        const total = row.reduce((s, v) => s + v, 0);
        for (let c = 0; c < cols; c++) row[c] = log ? Math.log(row[c]! / total + 1e-9) : row[c]! / total;
      }
      return {
        buffers: {
          y: input([rows, cols], y),
          dy: randomInput(random, [rows, cols]),
          dx: target(
            random,
            accumulate,
            [rows, cols],
            log ? sumOf(cols, 2) : within(EPS * (16 + Math.sqrt(cols)), 4 * EPS),
          ),
        },
        run: (b, at) =>
          void b.softmaxBackward({ y: at.y!, dy: at.dy!, dx: at.dx!, rows, cols, log, accumulate }),
      };
    },
  ),
];

interface Loss {
  readonly rows: number;
  readonly dim: number;
  readonly gradScale?: number;
  readonly pad?: number;
  readonly range?: number;
  readonly lse?: boolean;
  readonly ignoreAll?: boolean;
}
const losses = cases(
  "crossEntropy",
  each<Partial<Loss>>([
    {},
    { lse: true, pad: 3 },
    { gradScale: 0.25, lse: true },
    { gradScale: 1, pad: 5, range: 40 },
    { gradScale: 0 },
    { gradScale: 2, ignoreAll: true, lse: true },
  ]),
  (p: Loss, random) => {
    const { rows, dim: vocab, gradScale, pad = 0, range = 2 } = p;
    const ld = vocab + pad;
    const error = EPS * (16 + 2 * Math.sqrt(vocab) + 4 * range);
    const targets = Int32Array.from({ length: rows }, (_, r) =>
      p.ignoreAll || r % 4 === 1 ? -100 + (r % 2) : random.integer(vocab),
    );
    const logits = input([rows, vocab], uniform(random, rows * vocab, -range, range), [ld, 1]);
    const buffers: Record<string, Buffer> = {
      logits: gradScale === undefined ? logits : updated(logits, within(gradScale * error)),
      targets: input([rows], targets),
      losses: output([rows], within(error, 4 * EPS)),
    };
    if (p.lse) buffers.lse = output([rows], within(error, 4 * EPS));
    return {
      buffers,
      run: (b, at) =>
        void b.crossEntropy({
          logits: at.logits!,
          targets: at.targets!,
          losses: at.losses!,
          lse: at.lse,
          rows,
          vocab,
          ld,
          gradScale,
        }),
    };
  },
);

// Largest and sums ---------------------------------------------------------------------------------------------------

const reductions: ConformanceCase[] = [
  ...cases(
    "argmax",
    each([{ levels: 3 }, { levels: 1e6 }, { levels: 1 }]),
    ({ rows, dim: cols, levels }, random) => ({
      buffers: {
        x: input(
          [rows, cols],
          Float32Array.from({ length: rows * cols }, () => random.integer(levels) - levels / 2),
        ),
        y: integerOutput([rows]),
      },
      run: (b, at) => void b.argmax({ x: at.x!, y: at.y!, rows, cols }),
    }),
  ),
  ...cases(
    "sumRows",
    each([
      { pad: 0, accumulate: false },
      { pad: 7, accumulate: true },
      { pad: 1, accumulate: false },
    ]),
    (p, random) => {
      const { rows, dim: cols, pad, accumulate } = p;
      const ld = cols + pad;
      return {
        buffers: {
          x: randomInput(random, [rows, cols], [ld, 1]),
          y: target(random, accumulate, [cols], sumOf(rows)),
        },
        run: (b, at) => void b.sumRows({ x: at.x!, y: at.y!, rows, cols, ld, accumulate }),
      };
    },
  ),
  ...cases("sumCols", each([{}]), ({ rows, dim: cols }, random) => ({
    buffers: { x: randomInput(random, [rows, cols]), y: output([rows], sumOf(cols)) },
    run: (b, at) => void b.sumCols({ x: at.x!, y: at.y!, rows, cols }),
  })),
  ...cases(
    "sum and sumSquares",
    [0, 1, 2, 15, 16, 17, 63, 65, 1000, 4096, 4097, 100_003].flatMap((length) =>
      ([undefined, Number.NaN, Number.POSITIVE_INFINITY] as const).flatMap((special) =>
        [false, true].map((squares) => ({
          length,
          special: special === undefined ? "none" : String(special),
          squares,
        })),
      ),
    ),
    ({ length, special, squares }, random) => {
      const x = uniform(random, length, -1e3, 1e3);
      if (special !== "none" && length > 0) x[random.integer(length)] = Number(special);
      return {
        buffers: { x: input([length], x) },
        result: within(2 ** -53 * (length + 8) * (squares ? 1e6 : 1e3), squares ? 2 ** -49 : 2 ** -52),
        run: (b, at) => (squares ? b.sumSquares(at.x!, length) : b.sum(at.x!, length)),
      };
    },
  ),
];

export const rowCases: readonly ConformanceCase[] = [
  ...embeddings,
  ...norms,
  ...["layerNorm", "rmsNorm"].flatMap((kernel) => halfCases(norms, kernel, ["y"], ["x", "y"], ["x"])),
  ...["layerNormBackward", "rmsNormBackward"].flatMap((kernel) =>
    halfCases(norms, kernel, ["dy"], ["x", "dx", "dy"], ["x", "dx"]),
  ),
  ...rotary,
  ...halfCases(rotary, "rope", ["x", "y"]),
  ...softmaxes,
  ...losses,
  ...reductions,
  ...halfCases(reductions, "sumRows", ["x"]),
];
