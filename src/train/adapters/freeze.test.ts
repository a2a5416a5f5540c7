import { expect, test } from "vitest";
import { testEngine } from "../../../test/support/optim.js";
import { createEncoder, createModel, createSeq2SeqModel } from "../../models/index.js";
import { freezeParameters } from "./freeze.js";

const engine = testEngine();
const gpt2 = { model_type: "gpt2", vocab_size: 7, n_positions: 8, n_embd: 4, n_head: 1, n_layer: 3 };
const model = () => createModel({ config: gpt2, engine, seed: 1 });
const starts = (names: readonly string[]) => [
  ...new Set(names.map((n) => n.replace(/\.(?:weight|bias)$/, ""))),
];

test("the last layers, and what follows them", () => {
  const left = freezeParameters(model(), { lastLayers: 1 });
  expect(left.every((name) => /^transformer\.(h\.2|ln_f)\./.test(name))).toBe(true);
  expect(left).toHaveLength(14);
  expect(starts(freezeParameters(model(), { lastLayers: 0 }))).toEqual(["transformer.ln_f"]);
  expect(() => freezeParameters(model(), { lastLayers: 4 })).toThrow(/lastLayers.*found 4, expected 0 to 3/);
});

test("an untied head is trained; a tied one is the embedding", () => {
  const untied = createModel({ config: { ...gpt2, tie_word_embeddings: false }, engine, seed: 1 });
  expect(starts(freezeParameters(untied, { lastLayers: 0 }))).toEqual(["transformer.ln_f", "lm_head"]);
});

test("both stacks of an encoder and decoder, and an encoder's head", () => {
  const t5 = createSeq2SeqModel({
    config: {
      model_type: "t5",
      vocab_size: 9,
      d_model: 4,
      d_kv: 2,
      d_ff: 6,
      num_layers: 3,
      num_decoder_layers: 2,
      num_heads: 2,
    },
    engine,
    seed: 1,
  });
  const left = freezeParameters(t5, { lastLayers: 1 });
  const blocks = new Set(left.map((name) => /^(?:en|de)coder\.block\.\d/.exec(name)?.[0]).filter(Boolean));
  expect([...blocks]).toEqual(["encoder.block.2", "decoder.block.1"]);
  expect(left).toContain("decoder.final_layer_norm.weight");
  const bert = createEncoder({
    config: {
      model_type: "bert",
      vocab_size: 9,
      hidden_size: 4,
      num_attention_heads: 1,
      num_hidden_layers: 2,
      intermediate_size: 6,
      max_position_embeddings: 8,
    },
    head: "sequence",
    labels: 3,
    engine,
    seed: 1,
  });
  expect(starts(freezeParameters(bert, { lastLayers: 0 }))).toEqual(["bert.pooler.dense", "classifier"]);
});

test("by name", () => {
  const left = freezeParameters(model(), { freeze: ["wte|wpe", String.raw`\.h\.[01]\.`] });
  expect(left).toHaveLength(14);
});

test("what finds nothing, or leaves nothing, is an error", () => {
  expect(() => freezeParameters(model(), { freeze: "wtee" })).toThrow(/found "wtee".*Did you mean "wte"\?/);
  expect(() => freezeParameters(model(), { freeze: "." })).toThrow(/leaves no parameter/);
  expect(() => freezeParameters(model(), { freeze: "(" })).toThrow(/regular expression/);
});
