import { afterAll, describe, expect, test } from "vitest";
import { type CausalModel, createModel } from "../../../models/index.js";
import { causalBatch } from "../../../train/objectives/causal.js";
import { createAdamW } from "../../../train/optim/adamw.js";
import { trainStep } from "../../../train/step.js";
import { createEngine, type Device, type Engine } from "../../index.js";
import * as ops from "../../ops/index.js";
import { backward } from "../../tape.js";
import { nativeAvailable } from "../native/index.js";
import { wasmAvailable } from "../wasm/index.js";

const devices: Device[] = [
  "reference",
  ...(nativeAvailable().ok ? (["native"] as const) : []),
  ...(wasmAvailable().ok ? (["wasm"] as const) : []),
];
const INF = Number.POSITIVE_INFINITY;

function makeModel(engine: Engine): CausalModel {
  const config = {
    model_type: "llama",
    vocab_size: 12,
    hidden_size: 8,
    intermediate_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    max_position_embeddings: 8,
  };
  return createModel({ config, engine, seed: 3 });
}

const batch = {
  inputs: Int32Array.of(1, 2, 3, 4, 5, 6),
  targets: Int32Array.of(2, 3, 4, 5, 6, 7),
  batch: 1,
  context: 6,
  targetCount: 6,
};

describe.each(devices)("numbers that are not finite, %s", (device) => {
  const engine = createEngine({ device, threads: 2, debugNumerics: true });
  afterAll(() => engine.dispose());

  function step(model: CausalModel, options = { recompute: false }) {
    const optimizer = createAdamW([{ parameters: [...model.parameters.values()], lr: 0.1 }]);
    return trainStep(model, optimizer, [causalBatch(model, batch)], { lrFactor: 1, maxNorm: 1, ...options });
  }

  test("a NaN in a weight: the product that read it, the weight, the layer", () => {
    const model = makeModel(engine);
    const name = "model.layers.1.mlp.down_proj.weight";
    const weight = model.parameters.get(name)!;
    const values = weight.read() as Float32Array;
    values[18] = Number.NaN;
    weight.write(values);
    expect(() => step(model)).toThrow(
      new RegExp(
        `^layer 1: matmul was given numbers that are not finite: b \\(${name}\\) \\[8, 16\\] holds 1 NaN of 128, the first at \\[1, 2\\] \\(and wrote 6 NaN of 48 in c`,
      ),
    );
  });

  test("exp overflows", () => {
    expect(() => ops.unary("exp", engine.tensor([1, 200, 2]))).toThrow(
      "unary exp is the first operation to make numbers that are not finite: 1 ∞ of 3 in y [3], the first at [1]; from x [3] from 1 to 200",
    );
  });

  test("a backward divides by zero: √x at 0, whose value is fine", () => {
    const x = engine.parameter([2], "x").write(Float32Array.of(4, 0));
    const loss = engine.within("layer 7", () => ops.sum(ops.unary("sqrt", x)));
    expect(() => backward(loss)).toThrow(
      /^backward of sqrt, layer 7: unaryBackward sqrt is the first .* 1 ∞ of 2 in dx \(gradient of x\) \[2\], the first at \[1\]; from x \(x\) \[2\] from 0 to 4; dy \[2\] all 1$/,
    );
  });

  test("a recomputed layer says where it is too", () => {
    const model = makeModel(engine);
    const weight = model.parameters.get("model.layers.0.mlp.up_proj.weight")!;
    weight.write((weight.read() as Float32Array).fill(3e38));
    expect(() => step(model, { recompute: true })).toThrow(/^layer 0: matmul is the first .*up_proj/);
  });

  test("the optimiser divides by zero", () => {
    const p = engine.parameter([3], "w").write(Float32Array.of(1, 2, 3));
    p.grad = engine.tensor([0, 1, 2]).keep();
    p.gradFresh = true;
    const optimizer = createAdamW([{ parameters: [p], lr: 0.1, eps: 0 }]);
    expect(() => engine.within("optimiser", () => optimizer.step())).toThrow(
      /^optimiser: adamw is the first .* 1 NaN of 3 in param \(w\) \[3\], the first at \[0\]; from grad .* from 0 to 2; .*eps 0/,
    );
  });

  test("operands that are overwritten are looked at before", () => {
    const { backend } = engine;
    const y = engine.tensor([1, Number.NaN]);
    const x = engine.tensor([1, 1]);
    expect(() => backend.axpby({ alpha: 1, x, beta: 1, y, length: 2 })).toThrow(
      "axpby was given numbers that are not finite: y [2] holds 1 NaN of 2, the first at [1]",
    );
    backend.axpby({ alpha: 1, x, beta: 0, y, length: 2 }); // beta 0: what it held does not matter
  });

  test("what bf16 cannot hold is found where it is rounded, and between gaps", () => {
    const { backend } = engine;
    const half = engine.empty([3], "bf16");
    expect(() => backend.copy(engine.tensor([1, 3.4e38, 2]), half, 3)).toThrow(
      /^copy is .* 1 ∞ of 3 in to \[3\]/,
    );
    const wide = engine.zeros([4, 6], "bf16");
    wide.write(Float32Array.from({ length: 24 }, (_, i) => (i % 6 === 5 ? Number.NaN : i)));
    const sums = engine.empty([5]);
    backend.sumRows({ x: wide, y: sums, rows: 4, cols: 5, ld: 6, accumulate: false });
    expect(() =>
      backend.sumRows({ x: wide, y: engine.empty([6]), rows: 4, cols: 6, ld: 6, accumulate: false }),
    ).toThrow(/^sumRows was given .* x \[4, 6\] holds 4 NaN of 24, the first at \[0, 5\]/);
  });

  test("masks are no fault: −∞ out of −∞, and attention over an empty range", () => {
    const mask = engine.tensor([0, -INF, 0, -INF]);
    const masked = ops.add(engine.tensor([1, 2, 3, 4], [1, 4]), mask);
    expect([...ops.softmax(masked).readFloats()].map((x) => x > 0)).toEqual([true, false, true, false]);
    engine.full([3], -INF);
    const q = engine.parameter([1, 2, 4], "q").write(Float32Array.from({ length: 8 }, (_, i) => i / 8));
    const ranges = engine.tensor(Int32Array.of(0, 0, 0, 2), [1, 2, 2]);
    backward(ops.sum(ops.attention(q, q, q, { heads: 1, ranges })));
    expect([...q.grad!.readFloats()].every(Number.isFinite)).toBe(true);
    expect(() => ops.softmax(engine.full([1, 4], -INF))).toThrow(
      /^softmax was given .* x \[1, 4\] holds 4 −∞ of 4.* \(and wrote 4 NaN/,
    );
  });

  test.each(["fp32", "bf16"] as const)("the bits are those without checks, %s", (compute) => {
    const losses = [false, true].map((debugNumerics) => {
      const e = createEngine({ device, threads: 2, compute, debugNumerics });
      const model = makeModel(e);
      const optimizer = createAdamW([{ parameters: [...model.parameters.values()], lr: 0.1 }]);
      const run = () => trainStep(model, optimizer, [causalBatch(model, batch)], { lrFactor: 1, maxNorm: 1 });
      const made = [run(), run(), run()].map(({ loss, gradNorm }) => [loss, gradNorm]);
      const weights = [...model.parameters.values()].map((p) => [...p.readFloats()]);
      e.dispose();
      return { made, weights };
    });
    expect(losses[1]).toEqual(losses[0]);
  });
});
