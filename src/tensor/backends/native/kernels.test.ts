/** @file What the conformance suite does not look at: how exact the vectorised functions are over their whole range,
 *  that the order of sums is the promised one, and blocks that cross the bounds of small tensors. */

import { describe, expect, it } from "vitest";
import type { Operand, Unary } from "../../backend.js";
import type { TypedArray } from "../../dtype.js";
import { createRandom } from "../../random.js";
import { unaryDerivatives, unaryFunctions } from "../reference/functions.js";
import { loadNative } from "./addon.js";
import { createNativeBackend, nativeAvailable } from "./index.js";

const available = nativeAvailable();
if (!available.ok) console.warn(`kernels.test.ts is skipped: ${available.why}`);
const loaded = loadNative();
const isas = loaded.ok ? loaded.addon.isas().split(" ") : ["none"]; // a name, so that there is something to skip

/** Places for arrays, and reading them back. */
function bench(isa: string, threads = 2) {
  const backend = createNativeBackend({ isa, threads });
  const put = (data: TypedArray): Operand => {
    const storage = backend.allocate(data instanceof Float32Array ? "f32" : "i32", data.length);
    backend.write({ storage, offset: 0 }, data);
    return { storage, offset: 0 };
  };
  const get = (x: Operand): Float32Array => backend.read(x, x.storage.length) as Float32Array;
  const unary = (op: Unary, x: Float32Array): Float32Array => {
    const y = put(new Float32Array(x.length));
    backend.unary({ op, x: put(x), y, length: x.length });
    return get(y);
  };
  return { backend, put, get, unary };
}

const spaced = (from: number, to: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);
/** ± numbers of all magnitudes. */
const magnitudes = (low: number, high: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1) * low * (high / low) ** (i / count));

/** The largest |y − f(x)| in units of the last place of f(x), and where. */
function worstUlp(x: Float32Array, y: Float32Array, f: (x: number) => number): { ulp: number; at: number } {
  let worst = { ulp: 0, at: 0 };
  x.forEach((v, i) => {
    const exact = f(v);
    const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(exact) || 1e-45))) - 23);
    const ulp = Math.abs(y[i]! - exact) / unit;
    if (!(ulp <= worst.ulp)) worst = { ulp, at: v };
  });
  return worst;
}

/** Operation, arguments, units in the last place allowed: the bounds that vec.h states (with the product after them). */
const accuracy: [op: Unary, what: string, x: Float32Array, ulp: number][] = [
  ["exp", "its whole range", spaced(-86.9, 88.7, 300_001), 1],
  ["exp", "around 0", magnitudes(1e-8, 1, 50_001), 1],
  ["log", "all magnitudes", magnitudes(1e-44, 3e38, 200_001).map(Math.abs), 1],
  ["log", "around 1", spaced(0.5, 2, 200_001), 1],
  ["tanh", "its whole range", spaced(-12, 12, 200_001), 2.6],
  ["tanh", "around 0", magnitudes(1e-38, 1, 100_001), 2.6],
  ["sigmoid", "its whole range", spaced(-86, 40, 200_001), 3],
  ["sqrt", "all magnitudes", magnitudes(1e-37, 3e38, 100_001).map(Math.abs), 0.5],
  ["rsqrt", "all magnitudes", magnitudes(1e-37, 3e38, 100_001).map(Math.abs), 1.5],
  ["gelu", "its body", spaced(-5, 5, 200_001), 6],
  ["gelu", "its tail", spaced(-12.5, -5, 50_001), 9.5],
  ["gelu", "around 0", magnitudes(1e-30, 1, 100_001), 6],
  ["silu", "its whole range", spaced(-80, 40, 200_001), 4],
  ["silu", "around 0", magnitudes(1e-30, 1, 100_001), 4],
  ["gelu_tanh", "its positive side", spaced(0.01, 20, 100_001), 4],
  ["gelu_tanh", "around 0", magnitudes(1e-30, 1, 100_001), 4],
];

describe.skipIf(!available.ok).each(isas)("functions with %s", (isa) => {
  it.each(accuracy)("%s over %s", (op, _what, x, bound) => {
    const worst = worstUlp(x, bench(isa).unary(op, x), unaryFunctions[op]);
    expect(worst.ulp, `at ${worst.at}`).toBeLessThanOrEqual(bound);
    expect(worst.ulp).toBeGreaterThan(0);
  });

  it("does not lose slopes where a gate is all but open", () => {
    const { backend, put, get } = bench(isa);
    for (const op of ["gelu", "gelu_tanh", "silu", "quick_gelu"] as const) {
      const x = spaced(-15, 60, 20_001);
      const dx = put(x);
      const dy = put(new Float32Array(x.length).fill(1));
      backend.unaryBackward({ op, x: put(x), dy, dx, length: x.length, accumulate: false });
      const off = get(dx).map((v, i) => Math.abs(v - unaryDerivatives[op](x[i]!)));
      expect(Math.max(...off), op).toBeLessThan(8e-7);
    }
  });

  it("gives the limits at the ends", () => {
    const { unary } = bench(isa);
    const ends = Float32Array.of(0, -0, Infinity, -Infinity, Number.NaN, 3e38, -3e38, 1e-45, -1e-45);
    expect([...unary("exp", ends)]).toEqual([1, 1, Infinity, 0, Number.NaN, Infinity, 0, 1, 1]);
    expect([...unary("log", ends).slice(0, 5)]).toEqual([
      -Infinity,
      -Infinity,
      Infinity,
      Number.NaN,
      Number.NaN,
    ]);
    const tiny = Math.fround(1e-45);
    expect([...unary("tanh", ends)]).toEqual([0, -0, 1, -1, Number.NaN, 1, -1, tiny, -tiny]);
    expect([...unary("sigmoid", ends)]).toEqual([0.5, 0.5, 1, 0, Number.NaN, 1, 0, 0.5, 0.5]);
    for (const op of ["gelu", "gelu_tanh", "silu", "quick_gelu"] as const) {
      const [zero, , up, , nan, big, small] = unary(op, ends);
      expect([zero, up, nan, big], op).toEqual([0, Infinity, Number.NaN, Math.fround(3e38)]);
      expect(Math.abs(small!), op).toBe(0);
    }
    // The largest argument with a finite exponential, and the smallest number beyond it.
    const edge = unary("exp", Float32Array.of(88.72283, 88.72284));
    expect(edge[0]).toBeLessThan(Infinity);
    expect(edge[1]).toBe(Infinity);
  });
});

/** Σ as promised: sixteen lanes, then lane i with i + 8, i + 4, i + 2, i + 1, every step rounded to fp32. */
function laneSum(x: Float32Array): number {
  const lanes = new Float32Array(16);
  x.forEach((v, i) => {
    lanes[i % 16]! += v;
  });
  for (let n = 8; n > 0; n >>= 1) for (let i = 0; i < n; i++) lanes[i]! += lanes[i + n]!;
  return lanes[0]!;
}

describe.skipIf(!available.ok).each(isas)("the order of sums with %s", (isa) => {
  const random = createRandom(7);
  const values = (length: number) => Float32Array.from({ length }, () => random.normal());

  it.each([1, 16, 37, 1000, 1024])("is lanes and a tree in a row of %i", (cols) => {
    const { backend, put, get } = bench(isa);
    const x = values(3 * cols);
    const y = put(new Float32Array(3));
    backend.sumCols({ x: put(x), y, rows: 3, cols });
    expect([...get(y)]).toEqual([0, 1, 2].map((r) => laneSum(x.subarray(r * cols, (r + 1) * cols))));
  });

  it.each([5, 64, 65, 200])("is blocks of 64 over %i rows", (rows) => {
    const { backend, put, get } = bench(isa);
    const cols = 21;
    const x = values(rows * cols);
    const y = put(new Float32Array(cols));
    backend.sumRows({ x: put(x), y, rows, cols, ld: cols, accumulate: false });
    const total = new Float32Array(cols);
    for (let first = 0; first < rows; first += 64) {
      const block = new Float32Array(cols);
      for (let r = first; r < Math.min(rows, first + 64); r++)
        for (let c = 0; c < cols; c++) block[c]! += x[r * cols + c]!;
      for (let c = 0; c < cols; c++) total[c]! += block[c]!;
    }
    expect([...get(y)]).toEqual([...total]);
  });

  it("adds the rows of an embedding's gradient in their order", () => {
    const { backend, put, get } = bench(isa);
    const [rows, dim, vocab] = [500, 40, 7];
    const ids = Int32Array.from({ length: rows }, () => random.integer(vocab));
    const dy = values(rows * dim);
    const expected = values(vocab * dim);
    const dTable = put(expected);
    backend.embeddingBackward({ dTable, ids: put(ids), dy: put(dy), rows, dim, vocab, skip: 3 });
    ids.forEach((id, r) => {
      if (id !== 3) for (let c = 0; c < dim; c++) expected[id * dim + c]! += dy[r * dim + c]!;
    });
    expect([...get(dTable)]).toEqual([...expected]);
  });
});

describe.skipIf(!available.ok).each(isas)("blocks with %s", (isa) => {
  it("AdamW gives many small tensors what it gives one large", () => {
    const { backend, put, get } = bench(isa);
    const random = createRandom(11);
    const total = 60_000;
    const data = [0, 1, 2].map(() => Float32Array.from({ length: total }, () => random.normal()));
    const second = data[1]!.map((g) => g * g);
    const places = () => [data[0]!, data[1]!, data[2]!, second].map(put);
    const settings = {
      lr: 0.01,
      beta1: 0.9,
      beta2: 0.99,
      eps: 1e-8,
      weightDecay: 0.1,
      step: 3,
      gradScale: 0.5,
    };
    const [param, grad, m, v] = places();
    backend.adamw([{ param: param!, grad: grad!, m: m!, v: v!, length: total, ...settings }]);
    const many = places();
    const cuts = [0, 1, 1, 17, 300, 9000, 25_403, 25_404, total];
    backend.adamw(
      cuts.slice(1).map((end, i) => {
        const at = (x: Operand) => ({ storage: x.storage, offset: cuts[i]! });
        const [p, g, mm, vv] = many.map(at);
        return { param: p!, grad: g!, m: mm!, v: vv!, length: end - cuts[i]!, ...settings };
      }),
    );
    expect(get(many[0]!)).toEqual(get(param!));
    expect(get(many[2]!)).toEqual(get(m!));
    expect(get(many[3]!)).toEqual(get(v!));
    expect(get(param!)).not.toEqual(data[0]);
  });

  it("a strided copy that meets elements twice adds them all, in order", () => {
    const { backend, put, get } = bench(isa);
    const [rows, cols] = [1000, 33];
    const x = Float32Array.from({ length: rows * cols }, (_, i) => Math.fround(Math.sin(i)));
    const y = put(new Float32Array(cols));
    backend.stridedCopy({
      x: put(x),
      y,
      shape: [rows, cols],
      xStrides: [cols, 1],
      yStrides: [0, 1],
      accumulate: true,
    });
    const expected = new Float32Array(cols);
    x.forEach((v, i) => {
      expected[i % cols]! += v;
    });
    expect([...get(y)]).toEqual([...expected]);
  });

  it.each([
    [5, 7],
    [64, 64],
    [129, 257],
  ])("turns a matrix of %i by %i", (rows, cols) => {
    const { backend, put, get } = bench(isa);
    const x = Float32Array.from({ length: rows * cols }, (_, i) => i);
    const turned = Float32Array.from(x, (_, i) => (i % rows) * cols + Math.floor(i / rows));
    const [a, b] = [put(new Float32Array(x.length)), put(new Float32Array(x.length))];
    const p = { x: put(x), shape: [cols, rows], accumulate: false };
    backend.stridedCopy({ ...p, y: a, xStrides: [1, cols], yStrides: [rows, 1] });
    backend.stridedCopy({ ...p, y: b, shape: [rows, cols], xStrides: [cols, 1], yStrides: [1, rows] });
    expect(get(a)).toEqual(turned);
    expect(get(b)).toEqual(turned);
  });
});
