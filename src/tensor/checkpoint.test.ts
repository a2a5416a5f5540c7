import { expect, it } from "vitest";
import { createReferenceBackend } from "./backends/reference/index.js";
import { checkpoint } from "./checkpoint.js";
import type { Compute } from "./dtype.js";
import { Engine } from "./engine.js";
import * as ops from "./ops/index.js";
import { backward } from "./tape.js";
import type { Tensor } from "./tensor.js";

const DIM = 8;
const noise = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * seed + seed));

/** Three layers with weights of their own and one shared gain; what is held before the backward, and all gradients. */
function train(again: boolean, frozenInput: boolean, compute: Compute) {
  const engine = new Engine({ backend: createReferenceBackend(), compute });
  const gain = engine.parameter([DIM]).write(noise(DIM, 3));
  const weights = [1, 2, 3].flatMap((i) => [
    engine.parameter([4 * DIM, DIM]).write(noise(4 * DIM * DIM, i)),
    engine.parameter([DIM, 4 * DIM]).write(noise(4 * DIM * DIM, i + 0.5)),
  ]);
  const input = engine.parameter([4, DIM]).write(noise(4 * DIM, 0.7));
  input.requiresGrad = !frozenInput;
  const parameters = [gain, ...weights];
  const result = engine.scope(() => {
    let x: Tensor = input;
    for (let l = 0; l < 3; l++) {
      const layer = (of: Tensor) => {
        const inner = ops.linear(ops.rmsNorm(of, gain, { eps: 1e-6 }), weights[2 * l]!, {
          activation: "silu",
        });
        return ops.linear(inner, weights[2 * l + 1]!, { residual: of });
      };
      x = again ? checkpoint(x, parameters, layer) : layer(x);
    }
    const held = engine.backend.memory().bytes;
    const loss = ops.sum(ops.unary("square", x));
    const value = loss.item();
    backward(loss);
    return { held, value };
  });
  const gradients = (frozenInput ? parameters : [...parameters, input]).map((p) => p.grad!.readFloats());
  for (const p of [...parameters, input]) p.dispose();
  return { ...result, gradients, left: engine.backend.memory().bytes };
}

it.each([
  [false, "fp32"],
  [true, "fp32"],
  [false, "bf16"],
  [true, "bf16"],
] as const)(
  "a layer computed again gives the same bits and holds less (frozen input: %s, %s)",
  (frozen, compute) => {
    const plain = train(false, frozen, compute);
    const again = train(true, frozen, compute);
    expect(again.value).toBe(plain.value);
    expect(again.gradients).toEqual(plain.gradients);
    // Numbers a layer: preactivation and activation 4·DIM each, the norm DIM.
    const bytes = compute === "bf16" ? 2 : 4;
    expect(plain.held - again.held).toBeGreaterThanOrEqual(3 * 4 * 9 * DIM * bytes);
    expect(again.left).toBe(0);
  },
);

it("without gradients it is a layer", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const w = engine.parameter([DIM, DIM]).write(noise(DIM * DIM, 1));
  engine.noGrad(() => {
    const x = engine.tensor(noise(DIM, 2), [1, DIM]);
    expect(checkpoint(x, [w], (of) => ops.linear(of, w)).node).toBeNull();
  });
});
