import { expect, it } from "vitest";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine } from "../tensor/index.js";
import { binaryCrossEntropy } from "./binaryCrossEntropy.js";

it("is Σ log(1 + e^z) − y·z, and its gradient σ(z) − y, far out too", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const z = [0.3, -2, 40, -40, 90];
  const y = Float32Array.of(1, 0, 0, 1, 0.25);
  const logits = engine.parameter([1, 5]).write(Float32Array.from(z));
  const loss = binaryCrossEntropy(logits, y, 2);
  const expected =
    z.reduce((sum, v, i) => sum + Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))) - y[i]! * v, 0) / 2;
  expect(loss.item()).toBeCloseTo(expected, 4);
  backward(loss);
  const gradient = logits.grad!.readFloats();
  z.forEach((v, i) => {
    expect(gradient[i]).toBeCloseTo((1 / (1 + Math.exp(-v)) - y[i]!) / 2, 5);
  });
});
