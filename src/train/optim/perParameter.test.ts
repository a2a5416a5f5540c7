/** The field's other optimisers against their formulas in doubles, on a vector and a matrix. */

import { describe, expect, test } from "vitest";
import {
  randomParameter,
  randomValues,
  setGradient,
  testEngine,
  worst,
} from "../../../test/support/optim.js";
import { createAdafactor } from "./adafactor.js";
import { createAdagrad } from "./adagrad.js";
import { createAdam } from "./adam.js";
import { createLion } from "./lion.js";
import type { Optimizer } from "./optimizer.js";
import { createRmsprop } from "./rmsprop.js";
import { createSgd } from "./sgd.js";

type Numbers = number[];
interface Plain {
  readonly name: string;
  make(groups: { parameters: never[]; lr: number }[]): Optimizer;
  /** One step on p, in place. */
  step(p: Numbers, g: Numbers, state: Record<string, Numbers>, t: number, shape: readonly number[]): void;
}

const LR = 0.05;
const zerosLike = (p: Numbers) => p.map(() => 0);
const rms = (x: Numbers) => Math.sqrt(x.reduce((s, v) => s + v * v, 0) / x.length);
/** R·C / mean(R) of a matrix's squares; a vector's squares themselves. */
function variance(
  squares: Numbers,
  state: Record<string, Numbers>,
  share: number,
  shape: readonly number[],
  least = 0,
): Numbers {
  if (shape.length === 1) {
    state.v = (state.v ?? zerosLike(squares)).map((v, i) => (1 - share) * v + share * squares[i]!);
    return state.v;
  }
  const [rows, cols] = shape as [number, number];
  const at = (i: number, j: number) => squares[i * cols + j]!;
  const mean = (n: number, f: (k: number) => number) =>
    Array.from({ length: n }, (_, k) => f(k)).reduce((a, b) => a + b, 0) / n;
  state.r = Array.from(
    { length: rows },
    (_, i) => (1 - share) * (state.r?.[i] ?? 0) + share * mean(cols, (j) => at(i, j)),
  );
  state.c = Array.from(
    { length: cols },
    (_, j) => (1 - share) * (state.c?.[j] ?? 0) + share * mean(rows, (i) => at(i, j)),
  );
  const [r, c] = [state.r, state.c];
  const total = Math.max(
    least,
    mean(rows, (i) => r[i]!),
  );
  return squares.map((_, k) => (r[Math.floor(k / cols)]! * c[k % cols]!) / total);
}

const optimisers: Plain[] = [
  {
    name: "SGD with Nesterov's momentum and decay",
    make: (g) => createSgd(g.map((x) => ({ ...x, momentum: 0.9, nesterov: true, weightDecay: 0.1 }))),
    step(p, g, s, t) {
      const d = g.map((x, i) => x + 0.1 * p[i]!);
      s.m = t === 1 ? d : s.m!.map((m, i) => 0.9 * m + d[i]!);
      p.forEach((_, i) => {
        p[i]! -= LR * (d[i]! + 0.9 * s.m![i]!);
      });
    },
  },
  {
    name: "SGD with dampening",
    make: (g) => createSgd(g.map((x) => ({ ...x, momentum: 0.9, dampening: 0.2 }))),
    step(p, g, s, t) {
      s.m = t === 1 ? g : s.m!.map((m, i) => 0.9 * m + 0.8 * g[i]!);
      p.forEach((_, i) => {
        p[i]! -= LR * s.m![i]!;
      });
    },
  },
  {
    name: "Adagrad",
    make: (g) => createAdagrad(g.map((x) => ({ ...x, lrDecay: 0.1 }))),
    step(p, g, s, t) {
      s.v = (s.v ?? zerosLike(p)).map((v, i) => v + g[i]! ** 2);
      p.forEach((_, i) => {
        p[i]! -= ((LR / (1 + (t - 1) * 0.1)) * g[i]!) / (Math.sqrt(s.v![i]!) + 1e-10);
      });
    },
  },
  {
    name: "RMSprop with momentum",
    make: (g) => createRmsprop(g.map((x) => ({ ...x, alpha: 0.9, momentum: 0.5 }))),
    step(p, g, s) {
      s.v = (s.v ?? zerosLike(p)).map((v, i) => 0.9 * v + 0.1 * g[i]! ** 2);
      s.m = (s.m ?? zerosLike(p)).map((m, i) => 0.5 * m + g[i]! / (Math.sqrt(s.v![i]!) + 1e-8));
      p.forEach((_, i) => {
        p[i]! -= LR * s.m![i]!;
      });
    },
  },
  {
    name: "Lion",
    make: (g) => createLion(g.map((x) => ({ ...x, weightDecay: 0.1 }))),
    step(p, g, s) {
      s.m ??= zerosLike(p);
      p.forEach((x, i) => {
        p[i] = x * (1 - LR * 0.1) - LR * Math.sign(0.9 * s.m![i]! + 0.1 * g[i]!);
      });
      s.m = s.m.map((m, i) => 0.99 * m + 0.01 * g[i]!);
    },
  },
  {
    name: "AMSGrad with decay of the gradient",
    make: (g) =>
      createAdam(g.map((x) => ({ ...x, betas: [0.8, 0.9] as const, amsgrad: true, weightDecay: 0.1 }))),
    step(p, g, s, t) {
      const d = g.map((x, i) => x + 0.1 * p[i]!);
      s.m = (s.m ?? zerosLike(p)).map((m, i) => 0.8 * m + 0.2 * d[i]!);
      s.v = (s.v ?? zerosLike(p)).map((v, i) => 0.9 * v + 0.1 * d[i]! ** 2);
      s.most = (s.most ?? zerosLike(p)).map((v, i) => Math.max(v, s.v![i]!));
      p.forEach((_, i) => {
        const size = Math.sqrt(s.most![i]!) / Math.sqrt(1 - 0.9 ** t) + 1e-8;
        p[i]! -= ((LR / (1 - 0.8 ** t)) * s.m![i]!) / size;
      });
    },
  },
  {
    name: "Adafactor, transformers' form",
    make: (g) => createAdafactor(g.map((x) => ({ ...x, form: "hf" as const, beta1: 0.9, weightDecay: 0.1 }))),
    step(p, g, s, t, shape) {
      const rate = LR * Math.max(1e-3, rms(p));
      const v = variance(
        g.map((x) => x * x + 1e-30),
        s,
        t ** -0.8,
        shape,
      );
      const u = g.map((x, i) => x / Math.sqrt(v[i]!));
      const by = rate / Math.max(1, rms(u));
      s.m = (s.m ?? zerosLike(p)).map((m, i) => 0.9 * m + 0.1 * by * u[i]!);
      p.forEach((x, i) => {
        p[i] = x * (1 - 0.1 * rate) - s.m![i]!;
      });
    },
  },
  {
    name: "Adafactor, torch's form",
    make: (g) => createAdafactor(g.map((x) => ({ ...x, form: "torch" as const, weightDecay: 0.1 }))),
    step(p, g, s, t, shape) {
      const rate = Math.min(LR, 1 / Math.sqrt(t)) * Math.max(1e-3, rms(p));
      const v = variance(
        g.map((x) => x * x),
        s,
        t ** -0.8,
        shape,
        2 ** -23,
      );
      const u = g.map((x, i) => x / Math.sqrt(Math.max(v[i]!, 2 ** -46)));
      p.forEach((x, i) => {
        p[i] = x * (1 - LR * 0.1) - (rate / Math.max(1, rms(u))) * u[i]!;
      });
    },
  },
];

describe.each(optimisers)("$name", ({ make, step }) => {
  test.each([[[7]], [[5, 3]]])("ten steps of a parameter %j", (shape) => {
    const engine = testEngine();
    const p = randomParameter(engine, "p", shape);
    const expected = [...p.readFloats()];
    const state: Record<string, Numbers> = {};
    const optimizer = make([{ parameters: [p] as never[], lr: LR }]);
    const before = engine.backend.memory().bytes;
    for (let t = 1; t <= 10; t++) {
      const g = randomValues(p.size, `g${t}`);
      setGradient(
        p,
        g.map((x) => 2 * x),
      );
      optimizer.step({ gradScale: 0.5 });
      step(expected, [...g], state, t, shape);
    }
    expect(worst(p.readFloats(), expected)).toBeLessThan(3e-6);
    expect(optimizer.counts()).toEqual({ p: 10 });
    expect(engine.backend.memory().bytes).toBe(before + 4 * p.size); // the gradient
    p.gradFresh = false;
    const still = p.readFloats();
    optimizer.step();
    expect(p.readFloats()).toEqual(still);
  });
});

test("rows without a gradient do not make Adafactor's update infinite", () => {
  const engine = testEngine();
  const p = randomParameter(engine, "p", [4, 3]);
  const optimizer = createAdafactor([{ parameters: [p], lr: 0.1, form: "hf" }]);
  for (let t = 0; t < 3; t++) {
    setGradient(p, new Float32Array(12).fill(1e-6, 0, 3));
    optimizer.step();
  }
  expect(p.readFloats().every(Number.isFinite)).toBe(true);
});
