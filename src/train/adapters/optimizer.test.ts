import { expect, test } from "vitest";
import { decoderConfigs } from "../../../test/support/decoderConfigs.js";
import { setGradient, testEngine } from "../../../test/support/optim.js";
import { createModel } from "../../models/index.js";
import type { PretrainRecipe } from "../config/index.js";
import { createOptimizer, parameterKinds } from "../parameterGroups.js";
import { createAdapterOptimizer, createAdapters } from "./index.js";

function adapted() {
  const model = createModel({
    config: { ...decoderConfigs.llama!, tie_word_embeddings: false },
    engine: testEngine(),
    seed: 1,
  });
  const adapters = createAdapters(model);
  adapters.create({ method: "dora", rank: 2, targets: ["q_proj"], modulesToSave: ["lm_head"] });
  return { model, trainable: adapters.trainable };
}

test("A and B, and what is trained whole, each at its rate; the base is left alone", () => {
  const { model, trainable } = adapted();
  const optimizer = createAdapterOptimizer(trainable, {
    lr: 0.01,
    ratioB: 4,
    wholeLr: 0.5,
    weightDecay: 0.1,
  });
  expect([...optimizer.tensors.keys()]).toHaveLength(2 * trainable.size);
  const before = new Map([...trainable].map(([name, p]) => [name, p.readFloats()]));
  for (const p of trainable.values()) setGradient(p, new Float32Array(p.size).fill(1));
  optimizer.step(); // the first step of AdamW moves by the rate
  for (const [name, p] of trainable) {
    const rate = name === "lm_head.weight" ? 0.5 : name.includes("lora_B") ? 0.04 : 0.01;
    const decay = name.includes("magnitude") ? 0 : 0.1;
    const [x, y] = [before.get(name)![0]!, p.readFloats()[0]!];
    expect(y, name).toBeCloseTo(x * (1 - rate * decay) - rate, 5);
  }
  expect([...trainable.values()].length).toBeLessThan(model.parameters.size);
});

test("the optimiser of pretraining gives adapters to AdamW, never to Muon", () => {
  const { model, trainable } = adapted();
  const kinds = parameterKinds(trainable);
  expect(kinds.adapters).toHaveLength(6);
  expect(kinds.matrices).toEqual([]);
  expect(kinds.heads).toHaveLength(1);
  const recipe = { optimizer: "muon", beta1: 0.9, beta2: 0.95, momentum: 0.95, muonAdjust: "original" };
  const rates = { lr: 0.02, embeddingLr: 0.01, headLr: 0.01, vectorLr: 0.01, weightDecay: 0.1 };
  const optimizer = createOptimizer(
    { ...model, parameters: trainable },
    recipe as unknown as PretrainRecipe,
    rates,
  );
  expect([...optimizer.tensors.keys()].some((key) => key.startsWith("momentum_buffer"))).toBe(false);
  expect([...optimizer.tensors.keys()].filter((key) => key.startsWith("exp_avg."))).toHaveLength(7);
});
