import { expect, test } from "vitest";
import { testEngine } from "../../../test/support/optim.js";
import { createWeightAverage } from "./ema.js";

test("the first update copies, later ones mix; swapping twice changes nothing", () => {
  const engine = testEngine();
  const p = engine.parameter([1], "w").write(Float32Array.of(1));
  const average = createWeightAverage(new Map([["w", p]]), 0.75);
  average.update();
  p.write(Float32Array.of(5));
  average.update();
  expect(average.tensors.get("w")!.readFloats()).toEqual(Float32Array.of(2));
  average.swap();
  expect([p.item(), average.tensors.get("w")!.item()]).toEqual([2, 5]);
  average.swap();
  expect([p.item(), average.tensors.get("w")!.item()]).toEqual([5, 2]);
});
