import { expect, test } from "vitest";
import { decays } from "./groups.js";

test.each([
  ["model.layers.0.self_attn.q_proj.weight", 2, true],
  ["model.embed_tokens.weight", 2, true],
  ["model.layers.0.input_layernorm.weight", 1, false],
  ["model.layers.0.self_attn.q_norm.weight", 1, false],
  ["model.norm.weight", 1, false],
  ["transformer.h.0.ln_1.weight", 1, false],
  ["transformer.h.0.attn.c_attn.bias", 1, false],
  ["bert.embeddings.LayerNorm.weight", 1, false],
  // A matrix, and a bias.
  ["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 2, false],
  // The name alone would let it decay.
  ["some.scale", 1, false],
  ["model.normal_proj.weight", 2, true],
] as const)("%s (%i dimensions): %s", (name, dimensions, expected) => {
  expect(decays(name, dimensions)).toBe(expected);
});
