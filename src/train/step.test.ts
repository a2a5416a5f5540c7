import { describe, expect, test } from "vitest";
import { decoderConfigs } from "../../test/support/decoderConfigs.js";
import { testEngine } from "../../test/support/optim.js";
import { type Batch, NO_TARGET } from "../data/index.js";
import { type CausalModel, createModel } from "../models/index.js";
import { createRandom } from "../tensor/random.js";
import { checkRecipe } from "./config/index.js";
import { modelConfig } from "./modelConfig.js";
import { causalBatch } from "./objectives/causal.js";
import { createAdamW } from "./optim/adamw.js";
import type { Optimizer } from "./optim/optimizer.js";
import { createOptimizer } from "./parameterGroups.js";
import { modelShape, rates } from "./presets.js";
import { trainStep } from "./step.js";

const CONTEXT = 6;
const recipe = checkRecipe({ depth: 1, dim: 8, heads: 2, context: CONTEXT });
const shape = modelShape(recipe);

function makeModel() {
  const engine = testEngine();
  const model = createModel({ config: modelConfig(shape, { vocabSize: 11, eosId: 0 }), engine, seed: 3 });
  return { engine, model, optimizer: createOptimizer(model, recipe, rates(recipe, shape)) };
}

/** Eight rows with different numbers of targets: a mean of means would not be the mean. */
function rows(): Batch[] {
  const random = createRandom(5);
  return Array.from({ length: 8 }, (_, r) => {
    const inputs = Int32Array.from({ length: CONTEXT }, () => random.integer(11));
    const targets = Int32Array.from({ length: CONTEXT }, (_, i) =>
      i < r % CONTEXT ? NO_TARGET : random.integer(11),
    );
    return { inputs, targets, batch: 1, context: CONTEXT, targetCount: targets.filter((t) => t >= 0).length };
  });
}

function together(parts: readonly Batch[]): Batch {
  const join = (pick: (b: Batch) => Int32Array) => Int32Array.from(parts.flatMap((b) => [...pick(b)]));
  return {
    inputs: join((b) => b.inputs),
    targets: join((b) => b.targets),
    batch: parts.length,
    context: CONTEXT,
    targetCount: parts.reduce((n, b) => n + b.targetCount, 0),
  };
}

const stepOf = ({ model, optimizer }: { model: CausalModel; optimizer: Optimizer }, rows: readonly Batch[]) =>
  trainStep(
    model,
    optimizer,
    rows.map((b) => causalBatch(model, b)),
    { lrFactor: 1, maxNorm: 1 },
  );

describe("a training step", () => {
  test("eight micro-batches of one row are one batch of eight", () => {
    const [parts, whole, uneven] = [makeModel(), makeModel(), makeModel()];
    const data = rows();
    const results = [
      stepOf(parts, data),
      stepOf(whole, [together(data)]),
      stepOf(uneven, [together(data.slice(0, 3)), together(data.slice(3))]),
    ];
    for (const r of results) {
      expect(Math.abs(r.loss - results[0]!.loss)).toBeLessThan(1e-6);
      expect(Math.abs(r.gradNorm - results[0]!.gradNorm)).toBeLessThan(1e-5);
    }
    for (const [name, p] of parts.model.parameters) {
      const [a, b, c] = [p, whole.model.parameters.get(name)!, uneven.model.parameters.get(name)!].map((t) =>
        t.grad!.readFloats(),
      );
      for (let i = 0; i < a!.length; i++) {
        expect(Math.abs(a![i]! - b![i]!)).toBeLessThan(2e-6);
        expect(Math.abs(a![i]! - c![i]!)).toBeLessThan(2e-6);
      }
    }
    // The wrong normaliser would be seen: the mean of the rows' means is another number.
    const means = rows().map((row) => stepOf(makeModel(), [row]).loss);
    expect(Math.abs(means.reduce((x, y) => x + y, 0) / 8 - results[0]!.loss)).toBeGreaterThan(1e-4);
  });

  test("holds no more memory after many steps than after a few", () => {
    const { engine, model, optimizer } = makeModel();
    const memory: number[] = [];
    for (let i = 0; i < 6; i++) {
      stepOf({ model, optimizer }, [together(rows())]);
      memory.push(engine.backend.memory().bytes);
    }
    expect(memory[5]).toBe(memory[1]);
  });

  test("a loss that is no number changes no weight", () => {
    const { model, optimizer } = makeModel();
    const [, p] = [...model.parameters][1]!;
    p.write(p.readFloats().fill(Number.NaN));
    const embedding = model.parameters.get("model.embed_tokens.weight")!;
    const before = embedding.readFloats();
    const result = stepOf({ model, optimizer }, rows());
    expect(result.finite).toBe(false);
    expect(embedding.readFloats()).toEqual(before);
  });

  test("balances the experts of a mixture, and more of it moves the router more", () => {
    const run = (weight: number) => {
      const engine = testEngine();
      const config = { ...decoderConfigs.mixtral!, router_aux_loss_coef: weight };
      const model = createModel({ config, engine, seed: 3 });
      const optimizer = createAdamW([{ parameters: [], lr: 0, betas: [0.9, 0.99], eps: 1e-8 }]);
      const { loss } = stepOf({ model, optimizer }, rows());
      const router = model.parameters.get("model.layers.1.block_sparse_moe.gate.weight")!;
      return { loss, gradient: router.grad!.readFloats() };
    };
    const [none, one, two] = [run(0), run(1), run(2)];
    expect([one.loss, two.loss]).toEqual([none.loss, none.loss]); // what is told is the tokens' loss
    const moved = (a: typeof none, i: number) => a.gradient[i]! - none.gradient[i]!;
    expect(none.gradient.some((_, i) => Math.abs(moved(one, i)) > 1e-4)).toBe(true);
    for (let i = 0; i < none.gradient.length; i++) expect(moved(two, i)).toBeCloseTo(2 * moved(one, i), 5);
  });
});
