import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "../backends/reference/index.js";
import type { DropoutMask } from "../dropoutMask.js";
import { Engine } from "../engine.js";
import { backward } from "../tape.js";
import type { Tensor } from "../tensor.js";
import * as ops from "./index.js";

const engine = new Engine({ backend: createReferenceBackend() });
const COUNT = 1 << 17;

/** 1 = kept. */
function kept(mask: DropoutMask, length = COUNT): Uint8Array {
  return engine.scope(() =>
    Uint8Array.from(ops.dropout(engine.full([length], 1), mask).readFloats(), (x) => (x === 0 ? 0 : 1)),
  );
}

/** Deviations from the rate of pairs both kept, in standard deviations of independent pairs. */
function correlation(a: Uint8Array, b: Uint8Array, keep: number, lag = 0): number {
  let both = 0;
  const n = a.length - lag;
  for (let i = 0; i < n; i++) both += a[i]! & b[i + lag]!;
  const expected = keep * keep;
  return (both - n * expected) / Math.sqrt(n * expected * (1 - expected));
}

const SIGMAS = 4.5; // of some 200 numbers below, one beyond this in a thousand choices of seeds

describe("the mask", () => {
  it.each([0.05, 0.1, 0.3, 0.5, 0.9])("drops a share of %f and keeps the mean", (p) => {
    const exact = Math.round(p * 65536) / 65536;
    for (let stream = 0; stream < 4; stream++) {
      const mask = kept({ p, seed: 11, stream });
      const share = 1 - mask.reduce((n, k) => n + k, 0) / COUNT;
      expect(Math.abs(share - exact)).toBeLessThan(SIGMAS * Math.sqrt((exact * (1 - exact)) / COUNT));
    }
    const scaled = engine.scope(() =>
      ops.dropout(engine.full([64], 1), { p, seed: 1, stream: 0 }).readFloats(),
    );
    expect(new Set([...scaled].filter((x) => x !== 0))).toEqual(new Set([Math.fround(1 / (1 - exact))]));
  });

  it("has nothing to do with its neighbours, other streams or other seeds", () => {
    const one = kept({ p: 0.3, seed: 5, stream: 9 });
    const keep = 1 - Math.round(0.3 * 65536) / 65536;
    for (const lag of [1, 2, 3, 4, 15, 16, 17, 32, 48, 63, 64, 65, 128, 256, 1024])
      expect(Math.abs(correlation(one, one, keep, lag))).toBeLessThan(SIGMAS);
    for (const other of [
      { seed: 5, stream: 10 },
      { seed: 5, stream: 8 },
      { seed: 4, stream: 9 },
      { seed: 6, stream: 9 },
      { seed: 9, stream: 5 },
      { seed: 5 + 2 ** 32, stream: 9 },
      { seed: 5, stream: 9 + 2 ** 31 },
    ])
      for (const lag of [0, 1, 16])
        expect(Math.abs(correlation(one, kept({ p: 0.3, ...other }), keep, lag))).toBeLessThan(SIGMAS);
  });

  it("treats the lanes and quarters of a block alike", () => {
    const one = kept({ p: 0.5, seed: 3, stream: 1 });
    const blocks = COUNT / 64;
    for (let place = 0; place < 64; place++) {
      let n = 0;
      for (let b = 0; b < blocks; b++) n += one[64 * b + place]!;
      expect(Math.abs(n - blocks / 2) / Math.sqrt(blocks / 4)).toBeLessThan(SIGMAS);
    }
  });

  it("does not depend on how much of it is asked for, and a greater p drops those of a smaller", () => {
    const [long, short] = [
      kept({ p: 0.2, seed: 8, stream: 2 }, 4096),
      kept({ p: 0.2, seed: 8, stream: 2 }, 77),
    ];
    expect(long.slice(0, 77)).toEqual(short);
    const more = kept({ p: 0.6, seed: 8, stream: 2 }, 4096);
    expect(long.every((k, i) => k >= more[i]!)).toBe(true);
  });

  it("refuses what is no chance, seed or stream", () => {
    const of = (mask: DropoutMask) => () => engine.scope(() => ops.dropout(engine.full([4], 1), mask));
    expect(of({ p: 1, seed: 0, stream: 0 })).toThrow(/a chance from 0 to below 1/);
    expect(of({ p: Number.NaN, seed: 0, stream: 0 })).toThrow(/a chance/);
    expect(of({ p: 0.5, seed: -1, stream: 0 })).toThrow(/a seed/);
    expect(of({ p: 0.5, seed: 0, stream: 2 ** 32 })).toThrow(/a stream/);
  });
});

describe.each(["fp32", "bf16"] as const)("linear with dropout, %s", (compute) => {
  const e = new Engine({ backend: createReferenceBackend(), compute });
  const mask = { p: 0.4, seed: 21, stream: 6 };
  const noise = (size: number, by: number) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * by + by));
  const [x, w, r] = [e.parameter([6, 16]), e.parameter([8, 16]), e.parameter([6, 8])];
  for (const [i, t] of [x, w, r].entries()) t.write(noise(t.size, i + 1.3));

  function run(f: () => Tensor) {
    const value = e.scope(() => {
      const y = f();
      const out = y.readFloats();
      backward(ops.sum(ops.unary("square", y)));
      return out;
    });
    return [value, ...[x, w, r].map((t) => t.grad?.readFloats() ?? null)];
  }
  const clear = () => {
    for (const t of [x, w, r]) {
      t.grad?.dispose();
      t.grad = null;
      t.gradFresh = false;
    }
  };

  it.each([
    ["alone", undefined, false],
    ["an activation", "gelu", false],
    ["a residual", undefined, true],
    ["both", "silu", true],
  ] as const)("%s: as the operations apart", (_, activation, joins) => {
    clear();
    const fused = run(() =>
      ops.linear(x, w, { activation, dropout: mask, ...(joins ? { residual: r } : {}) }),
    );
    clear();
    const apart = run(() =>
      ops.dropout(
        ops.linear(x, w, { activation, ...(joins ? { dtype: "f32" } : {}) }),
        mask,
        joins ? r : undefined,
      ),
    );
    expect(fused).toEqual(apart);
    clear();
  });
});

describe.each([0, 3])("attention with dropout, sinks of %d heads", (sinkCount) => {
  it("is the probabilities with their mask, times v", () => {
    const [batch, heads, tq, tk, dim] = [2, 3, 70, 67, 4];
    const mask = { p: 0.3, seed: 7, stream: 2 };
    const noise = (size: number, by: number) =>
      Float32Array.from({ length: size }, (_, i) => Math.sin(i * by + by));
    engine.scope(() => {
      const make = (t: number, by: number) =>
        engine.tensor(noise(batch * t * heads * dim, by), [batch, t, heads * dim]);
      const [q, k, v] = [make(tq, 1.1), make(tk, 1.7), make(tk, 2.3)];
      const sinks = sinkCount > 0 ? engine.tensor(Float32Array.of(0.5, -1, 2)) : undefined;
      const whole = Int32Array.from({ length: batch * tq * 2 }, (_, i) => (i % 2) * tk);
      const ranges = engine.tensor(whole, [batch, tq, 2]);
      const fused = ops.attention(q, k, v, { heads, ranges, sinks, dropout: mask }).readFloats();
      // Each row of probabilities begins a block of 64 elements of the mask.
      const width = 64 * Math.ceil(tk / 64);
      const m = ops.dropout(engine.full([batch * heads * tq * width], 1), mask).readFloats();
      const [Q, K, V] = [q, k, v].map((t) => t.readFloats()) as [Float32Array, Float32Array, Float32Array];
      let worst = 0;
      for (let b = 0; b < batch; b++)
        for (let h = 0; h < heads; h++)
          for (let i = 0; i < tq; i++) {
            const at = (t: number, n: number) => (b * t + n) * heads * dim + h * dim;
            const scores = Array.from({ length: tk }, (_, j) => {
              let dot = 0;
              for (let d = 0; d < dim; d++) dot += Q[at(tq, i) + d]! * K[at(tk, j) + d]!;
              return Math.exp(dot / Math.sqrt(dim));
            });
            const rest = sinks === undefined ? 0 : Math.exp(sinks.readFloats()[h]!);
            const total = scores.reduce((a, s) => a + s, rest);
            for (let d = 0; d < dim; d++) {
              const row = ((b * heads + h) * tq + i) * width;
              const o = scores.reduce((a, s, j) => a + (s / total) * m[row + j]! * V[at(tk, j) + d]!, 0);
              worst = Math.max(worst, Math.abs(o - fused[at(tq, i) + d]!));
            }
          }
      expect(worst).toBeLessThan(1e-6);
    });
  });
});
