/** Losses of classes, values and distributions against their formulas in doubles, and their gradients by differences. */

import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine, type Tensor } from "../tensor/index.js";
import { createRandom } from "../tensor/random.js";
import {
  balancedWeights,
  binaryCrossEntropy,
  classCrossEntropy,
  distillationLoss,
  squaredError,
  zLoss,
} from "./index.js";

const engine = new Engine({ backend: createReferenceBackend() });
const [ROWS, CLASSES] = [4, 3];
const values = createRandom(2).fillNormal(new Float32Array(ROWS * CLASSES));
const teacher = createRandom(3).fillNormal(new Float32Array(ROWS * CLASSES));
const labels = [2, -100, 0, 1];
const weights = [0.5, 2, 3];

const rowOf = (z: ArrayLike<number>, r: number) =>
  Array.from({ length: CLASSES }, (_, c) => z[r * CLASSES + c]!);
const logSum = (row: number[]) => Math.log(row.reduce((s, x) => s + Math.exp(x), 0));
const logs = (z: ArrayLike<number>, r: number, t = 1) => {
  const row = rowOf(z, r).map((x) => x / t);
  return row.map((x) => x - logSum(row));
};

const losses: { name: string; loss: (z: Tensor) => Tensor; plain: (z: ArrayLike<number>) => number }[] = [
  {
    name: "classes with weights and smoothed labels",
    loss: (z) => classCrossEntropy(z, labels, { weights, smoothing: 0.2 }),
    plain(z) {
      let [sum, total] = [0, 0];
      labels.forEach((y, r) => {
        if (y < 0) return;
        const lp = logs(z, r);
        sum -= 0.8 * weights[y]! * lp[y]!;
        lp.forEach((l, c) => {
          sum -= (0.2 / CLASSES) * weights[c]! * l;
        });
        total += weights[y]!;
      });
      return sum / total;
    },
  },
  {
    name: "classes with a normaliser of the caller's",
    loss: (z) => classCrossEntropy(z, labels, { normaliser: 7 }),
    plain: (z) => -labels.reduce((s, y, r) => s + (y < 0 ? 0 : logs(z, r)[y]!), 0) / 7,
  },
  {
    name: "z-loss",
    loss: (z) => zLoss(z, labels, 0.01),
    plain: (z) => (0.01 * labels.reduce((s, y, r) => s + (y < 0 ? 0 : logSum(rowOf(z, r)) ** 2), 0)) / 3,
  },
  {
    name: "labels by themselves, presence weighed",
    loss: (z) =>
      binaryCrossEntropy(
        z,
        teacher.map((t) => (t > 0 ? 1 : 0)),
        5,
        weights,
      ),
    plain: (z) =>
      Array.from(z).reduce((s, x, i) => {
        const p = 1 / (1 + Math.exp(-x));
        return s - (teacher[i]! > 0 ? weights[i % CLASSES]! * Math.log(p) : Math.log(1 - p));
      }, 0) / 5,
  },
  {
    name: "squared error",
    loss: (z) => squaredError(z, teacher, 3),
    plain: (z) => Array.from(z).reduce((s, x, i) => s + (x - teacher[i]!) ** 2, 0) / 3,
  },
  {
    name: "distillation",
    loss: (z) => distillationLoss(z, engine.tensor(teacher, [ROWS, CLASSES]), 2, ROWS),
    plain(z) {
      let sum = 0;
      for (let r = 0; r < ROWS; r++) {
        const [student, target] = [logs(z, r, 2), logs(teacher, r, 2)];
        target.forEach((t, c) => {
          sum += Math.exp(t) * (t - student[c]!);
        });
      }
      return (4 * sum) / ROWS;
    },
  },
];

describe.each(losses)("$name", ({ loss, plain }) => {
  test("value and gradient", () => {
    const z = engine.parameter([ROWS, CLASSES]).write(values);
    engine.scope(() => {
      const l = loss(z);
      expect(l.item()).toBeCloseTo(plain(values), 5);
      backward(l);
    });
    const gradient = z.grad!.readFloats();
    const h = 1e-5;
    const doubles = Float64Array.from(values);
    doubles.forEach((x, i) => {
      const at = (v: number) => plain(doubles.map((y, k) => (k === i ? v : y)));
      expect(gradient[i]).toBeCloseTo((at(x + h) - at(x - h)) / (2 * h), 4);
    });
  });
});

test("nothing that counts: no number", () => {
  const z = engine.tensor(values, [ROWS, CLASSES]);
  expect(classCrossEntropy(z, [-1, -1, -1, -1]).item()).toBeNaN();
  expect(() => classCrossEntropy(z, [1])).toThrow(/1 labels for logits \[4,3\]/);
});

test("balanced weights give every class the same share", () => {
  const y = [0, 0, 0, 1, 2, 2, -100];
  const w = balancedWeights(y, 4);
  expect([...w]).toEqual([0.5, 1.5, 0.75, 0]);
  for (const c of [0, 1, 2]) expect(w[c]! * y.filter((label) => label === c).length).toBe(1.5);
});
