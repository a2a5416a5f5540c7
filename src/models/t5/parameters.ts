/** @file The parameters of T5, as its files name them; initial values as its paper's code draws them. */

import { normal, ones, type ParameterRow, type ParameterTable } from "../family.js";
import type { T5Config } from "./config.js";

export function t5Parameters(c: T5Config): ParameterTable {
  const { d_model: dim, d_ff: inner, num_heads: heads, d_kv: headDim, initializer_factor: factor } = c;
  const width = heads * headDim;
  const matrix = (name: string, to: number, from: number, std: number): ParameterRow => [
    `${name}.weight`,
    [to, from],
    normal(factor * std),
  ];
  const norm = (name: string): ParameterRow => [`${name}.layer_norm.weight`, [dim], ones];
  const attention = (name: string): ParameterRow[] => [
    matrix(`${name}.q`, width, dim, (dim * headDim) ** -0.5),
    matrix(`${name}.k`, width, dim, dim ** -0.5),
    matrix(`${name}.v`, width, dim, dim ** -0.5),
    matrix(`${name}.o`, dim, width, width ** -0.5),
  ];
  const feedForward = (name: string): ParameterRow[] => [
    ...(c.is_gated_act ? ["wi_0", "wi_1"] : ["wi"]).map((wi) =>
      matrix(`${name}.DenseReluDense.${wi}`, inner, dim, dim ** -0.5),
    ),
    matrix(`${name}.DenseReluDense.wo`, dim, inner, inner ** -0.5),
    norm(name),
  ];
  const bias = (block: string): ParameterRow =>
    matrix(
      `${block}.layer.0.SelfAttention.relative_attention_bias`,
      c.relative_attention_num_buckets,
      heads,
      dim ** -0.5,
    );
  const stack = (side: "encoder" | "decoder", layers: number): ParameterRow[] => [
    ...Array.from({ length: layers }, (_, i) => {
      const block = `${side}.block.${i}`;
      const cross = side === "decoder";
      return [
        ...attention(`${block}.layer.0.SelfAttention`),
        ...(i === 0 ? [bias(block)] : []),
        norm(`${block}.layer.0`),
        ...(cross ? [...attention(`${block}.layer.1.EncDecAttention`), norm(`${block}.layer.1`)] : []),
        ...feedForward(`${block}.layer.${cross ? 2 : 1}`),
      ];
    }).flat(),
    [`${side}.final_layer_norm.weight`, [dim], ones],
  ];
  return {
    rows: [
      ["shared.weight", [c.vocab_size, dim], normal(factor)],
      ...stack("encoder", c.num_layers),
      ...stack("decoder", c.num_decoder_layers),
      ...(c.tie_word_embeddings ? [] : [matrix("lm_head", c.vocab_size, dim, 1)]),
    ],
    tied: {
      "encoder.embed_tokens.weight": "shared.weight",
      "decoder.embed_tokens.weight": "shared.weight",
      ...(c.tie_word_embeddings ? { "lm_head.weight": "shared.weight" } : {}),
    },
    canonical: (name) => name,
    // Files of the first release hold one that was never used.
    ignored: (name) => name.endsWith("EncDecAttention.relative_attention_bias.weight"),
  };
}
