import { expect, test } from "vitest";
import { randomParameter, setGradient, testEngine } from "../../../test/support/optim.js";
import { clipFactor, gradientNorm } from "./clip.js";

test("the norm is over all fresh gradients together", () => {
  const engine = testEngine();
  const [a, b, stale] = ["a", "b", "c"].map((name) => randomParameter(engine, name, [2]));
  setGradient(a!, Float32Array.of(3, 0));
  setGradient(b!, Float32Array.of(0, 4));
  setGradient(stale!, Float32Array.of(100, 100));
  stale!.gradFresh = false;
  expect(gradientNorm([a!, b!, stale!])).toBe(5);
});

test("a norm of exactly the limit shrinks a little, a short one is left alone", () => {
  expect(clipFactor(1, 1)).toBe(1 / (1 + 1e-6));
  expect(clipFactor(0.5, 1)).toBe(1);
  expect(clipFactor(0, 1)).toBe(1);
  expect(clipFactor(4, 1)).toBeCloseTo(0.25, 6);
});

test("not a number stays not a number, an infinite norm gives zero", () => {
  expect(clipFactor(Number.NaN, 1)).toBeNaN();
  expect(clipFactor(Number.POSITIVE_INFINITY, 1)).toBe(0);
});
