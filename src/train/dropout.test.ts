import { expect, test } from "vitest";
import { testEngine } from "../../test/support/optim.js";
import { createEncoder, createModel, createSeq2SeqModel } from "../models/index.js";
import { checkRecipe } from "./config/index.js";
import { dropoutFamilies, dropoutOf, dropoutSettings } from "./dropout.js";
import { modelConfig } from "./modelConfig.js";
import { causalBatch } from "./objectives/causal.js";
import { createOptimizer } from "./parameterGroups.js";
import { modelShape, rates } from "./presets.js";
import { trainStep } from "./step.js";

const words = { vocabSize: 11, eosId: 0 };

test("each step and micro-batch drops by a seed of its own, the same whenever asked", () => {
  const recipe = { dropout: 0.1, seed: 5 };
  const seeds = (of: typeof recipe) =>
    [0, 1, 10, 11].flatMap((step) => [0, 1, 10].map((i) => dropoutOf(of, step)!(i).seed));
  const all = seeds(recipe);
  expect(new Set([...all, ...seeds({ ...recipe, seed: 6 })]).size).toBe(24);
  expect(seeds(recipe)).toEqual(all);
  expect(all.every((s) => Number.isSafeInteger(s) && s >= 0)).toBe(true);
  expect(dropoutOf({ dropout: 0, seed: 5 }, 0)).toBeUndefined();
  expect(dropoutOf({ seed: 5 }, 0)).toBeUndefined();
});

test("every family's settings are read by it", () => {
  const engine = testEngine();
  const sizes = { vocab_size: 23, max_position_embeddings: 16, pad_token_id: 0 };
  const body = { num_hidden_layers: 1, num_attention_heads: 2, hidden_size: 8, intermediate_size: 8 };
  const gpt = { n_embd: 8, n_head: 2, n_layer: 1, n_positions: 16 };
  const bart = { d_model: 8, encoder_layers: 1, decoder_layers: 1, encoder_ffn_dim: 8, decoder_ffn_dim: 8 };
  const heads = { encoder_attention_heads: 2, decoder_attention_heads: 2, decoder_start_token_id: 1 };
  const shapes = { ...body, ...gpt, ...bart, ...heads, n_layers: 1, n_heads: 2, dim: 8, hidden_dim: 8 };
  const seq2seq = { d_kv: 4, d_ff: 8, num_layers: 1, num_heads: 2, nhead: 2, dim_feedforward: 8 };
  const stacks = { num_encoder_layers: 1, num_decoder_layers: 1, local_attention: 4, rotary_pct: 0.5 };
  const input = { inputIds: Int32Array.of(2, 3, 4), batch: 1, seq: 3 };
  for (const family of dropoutFamilies) {
    const hidden = (rate: number, seed?: number) => {
      const settings = dropoutSettings(family, rate);
      const config = { model_type: family, ...sizes, ...shapes, ...seq2seq, ...stacks, ...settings };
      const options = seed === undefined ? {} : { dropout: { seed } };
      return engine.noGrad(() => {
        if (/^(gpt|llama|mistral|qwen)/.test(family))
          return createModel({ config, engine, seed: 1 }).hidden(input, options).readFloats();
        if (/bert/.test(family) || family === "camembert")
          return createEncoder({ config, engine, seed: 1, head: "masked" })
            .hidden(input, options)
            .readFloats();
        return createSeq2SeqModel({ config, engine, seed: 1 }).encode(input, options).hidden.readFloats();
      });
    };
    expect(hidden(0.5, 1), family).not.toEqual(hidden(0.5));
    expect(hidden(0, 1), family).toEqual(hidden(0));
  }
});

test("a chance is below 1", () => {
  expect(() => checkRecipe({ depth: 1, dropout: 1 })).toThrow(/dropout/);
  expect(() => checkRecipe({ depth: 1, dropout: -0.1 })).toThrow(/dropout/);
});

test.each(["gpt2", "qwen3"] as const)(
  "a step of %s with dropout is another one, and the same again",
  (family) => {
    const step = (dropout: number, at: number) => {
      const recipe = checkRecipe({ depth: 1, dim: 8, heads: 2, context: 4, family, dropout });
      const shape = modelShape(recipe);
      const engine = testEngine();
      const model = createModel({ config: modelConfig(shape, words), engine, seed: 3 });
      const optimizer = createOptimizer(model, recipe, rates(recipe, shape));
      const inputs = Int32Array.of(1, 2, 3, 4);
      const batch = causalBatch(model, {
        inputs,
        targets: Int32Array.of(2, 3, 4, 5),
        batch: 1,
        context: 4,
        targetCount: 4,
      });
      const options = { lrFactor: 1, maxNorm: 1, dropout: dropoutOf(recipe, at) };
      return trainStep(model, optimizer, [batch, batch], options).gradNorm;
    };
    expect(step(0.3, 0)).toBe(step(0.3, 0));
    expect(step(0.3, 0)).not.toBe(step(0.3, 1));
    expect(step(0.3, 0)).not.toBe(step(0, 0));
  },
);
