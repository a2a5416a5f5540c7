/** @file The parameters of BART and its relatives, as their files name them. */

import { normal, ones, type ParameterRow, type ParameterTable, zeros } from "../family.js";
import { type BartConfig, shapeOf } from "./config.js";

/** Rows that a learned position table has before position 0. */
export const POSITION_OFFSET = 2;

export function bartParameters(c: BartConfig): ParameterTable {
  const dim = c.d_model;
  const init = normal(c.init_std);
  const shape = shapeOf(c);
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    [`${name}.bias`, [dim], zeros],
  ];
  const linear = (name: string, from: number, to: number): ParameterRow[] => [
    [`${name}.weight`, [to, from], init],
    [`${name}.bias`, [to], zeros],
  ];
  const attention = (name: string): ParameterRow[] =>
    ["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((part) => linear(`${name}.${part}`, dim, dim));
  const feedForward = (l: string, inner: number): ParameterRow[] => [
    ...linear(`${l}.fc1`, dim, inner),
    ...linear(`${l}.fc2`, inner, dim),
    ...norm(`${l}.final_layer_norm`),
  ];
  const self = (l: string) => [...attention(`${l}.self_attn`), ...norm(`${l}.self_attn_layer_norm`)];
  const cross = (l: string) => [...attention(`${l}.encoder_attn`), ...norm(`${l}.encoder_attn_layer_norm`)];
  const stack = (name: string, layers: number, layer: (l: string) => ParameterRow[]): ParameterRow[] => [
    ...(shape.positions === "learned"
      ? [
          [
            `${name}.embed_positions.weight`,
            [c.max_position_embeddings + POSITION_OFFSET, dim],
            init,
          ] as const,
        ]
      : []),
    ...(shape.embeddingNorm ? norm(`${name}.layernorm_embedding`) : []),
    ...Array.from({ length: layers }, (_, i) => layer(`${name}.layers.${i}`)).flat(),
    ...(shape.norm === "pre" ? norm(`${name}.layer_norm`) : []),
  ];
  const shared = c.share_encoder_decoder_embeddings;
  const words: ParameterRow[] = shared
    ? [["model.shared.weight", [c.vocab_size, dim], init]]
    : [
        ["model.encoder.embed_tokens.weight", [c.vocab_size, dim], init],
        ["model.decoder.embed_tokens.weight", [c.decoder_vocab_size, dim], init],
      ];
  return {
    rows: [
      ...words,
      ...stack("model.encoder", c.encoder_layers, (l) => [...self(l), ...feedForward(l, c.encoder_ffn_dim)]),
      ...stack("model.decoder", c.decoder_layers, (l) => [
        ...self(l),
        ...cross(l),
        ...feedForward(l, c.decoder_ffn_dim),
      ]),
    ],
    buffers: [["final_logits_bias", [1, c.decoder_vocab_size], zeros]],
    tied: shared
      ? {
          "lm_head.weight": "model.shared.weight",
          "model.encoder.embed_tokens.weight": "model.shared.weight",
          "model.decoder.embed_tokens.weight": "model.shared.weight",
        }
      : { "lm_head.weight": "model.decoder.embed_tokens.weight" },
    canonical: (name) => name,
    // Computed here; older files hold them.
    ignored: (name) => shape.positions === "sinusoidal" && name.endsWith("embed_positions.weight"),
  };
}
