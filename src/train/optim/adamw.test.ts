import { describe, expect, test } from "vitest";
import {
  randomParameter,
  randomValues,
  setGradient,
  testEngine,
  worst,
} from "../../../test/support/optim.js";
import { createAdamW } from "./adamw.js";

const SETTINGS = { lr: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

/** The formula in doubles. */
function plain(
  p: Float64Array,
  gradients: (Float32Array | undefined)[],
  factors: readonly number[],
): Float64Array {
  const { beta1, beta2, eps, weightDecay } = SETTINGS;
  const [m, v] = [new Float64Array(p.length), new Float64Array(p.length)];
  let t = 0;
  for (const [i, g] of gradients.entries()) {
    if (g === undefined) continue;
    t++;
    const lr = SETTINGS.lr * factors[i]!;
    for (let j = 0; j < p.length; j++) {
      p[j]! *= 1 - lr * weightDecay;
      m[j] = beta1 * m[j]! + (1 - beta1) * g[j]!;
      v[j] = beta2 * v[j]! + (1 - beta2) * g[j]! ** 2;
      p[j]! -= (lr * (m[j]! / (1 - beta1 ** t))) / (Math.sqrt(v[j]! / (1 - beta2 ** t)) + eps);
    }
  }
  return p;
}

describe("AdamW", () => {
  // A step without a gradient, and one at rate 0 (the moments must advance).
  const factors = [1, 0.5, 0, 1, 1];
  const missing = 3;

  test("follows the formula, skips a parameter without a gradient, advances its moments at rate 0", () => {
    const engine = testEngine();
    const p = randomParameter(engine, "w", [3, 5]);
    const start = Float64Array.from(p.readFloats());
    const optimizer = createAdamW([
      { parameters: [p], lr: SETTINGS.lr, weightDecay: SETTINGS.weightDecay, betas: [0.9, 0.95] },
    ]);
    const gradients = factors.map((_, i) => (i === missing ? undefined : randomValues(p.size, `g${i}`)));
    for (const [i, g] of gradients.entries()) {
      p.gradFresh = false;
      if (g !== undefined) setGradient(p, g);
      optimizer.step({ lrFactor: factors[i]! });
    }
    const expected = plain(start, gradients, factors);
    expect(worst(p.readFloats(), expected)).toBeLessThan(2e-6);
    expect(optimizer.counts()).toEqual({ w: 4 });
  });

  test("gradScale is the same as scaling the gradients", () => {
    const engine = testEngine();
    const run = (scale: number, given: number) => {
      const p = randomParameter(engine, "w", [7]);
      const optimizer = createAdamW([{ parameters: [p], lr: 0.1 }]);
      setGradient(
        p,
        randomValues(7, "g").map((x) => x * given),
      );
      optimizer.step({ gradScale: scale });
      return [...optimizer.tensors.values()].map((t) => [...t.readFloats()]);
    };
    expect(run(0.5, 1)).toEqual(run(1, 0.5));
    expect(run(1, 1)).not.toEqual(run(1, 0.5));
  });

  test("rows that no token touched have gradient zero and still decay", () => {
    const engine = testEngine();
    const p = engine.parameter([2], "w").write(Float32Array.of(1, 1));
    const optimizer = createAdamW([{ parameters: [p], lr: 0.1, weightDecay: 0.5 }]);
    setGradient(p, Float32Array.of(0, 1));
    optimizer.step();
    expect(p.readFloats()[0]).toBeCloseTo(0.95, 6);
  });
});
