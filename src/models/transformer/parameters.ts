/** @file The parameters of the original transformer under the names of `torch.nn.Transformer`, the embedding as `embed`.
 *  Matrices begin as Glorot and Bengio's (variance 2 / (in + out)), the embedding with variance 1 / d_model (it is multiplied
 *  by √d_model on the way in). */

import { normal, ones, type ParameterRow, type ParameterTable, zeros } from "../family.js";
import type { TransformerConfig } from "./config.js";

export function transformerParameters(c: TransformerConfig): ParameterTable {
  const { d_model: dim, dim_feedforward: inner } = c;
  const glorot = (from: number, to: number) => normal(Math.sqrt(2 / (from + to)));
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    [`${name}.bias`, [dim], zeros],
  ];
  const linear = (name: string, from: number, to: number): ParameterRow[] => [
    [`${name}.weight`, [to, from], glorot(from, to)],
    [`${name}.bias`, [to], zeros],
  ];
  const attention = (name: string): ParameterRow[] => [
    [`${name}.in_proj_weight`, [3 * dim, dim], glorot(dim, dim)],
    [`${name}.in_proj_bias`, [3 * dim], zeros],
    ...linear(`${name}.out_proj`, dim, dim),
  ];
  const layer = (l: string, attentions: readonly string[]): ParameterRow[] => [
    ...attentions.flatMap((name) => attention(`${l}.${name}`)),
    ...linear(`${l}.linear1`, dim, inner),
    ...linear(`${l}.linear2`, inner, dim),
    ...Array.from({ length: attentions.length + 1 }, (_, i) => norm(`${l}.norm${i + 1}`)).flat(),
  ];
  const stack = (side: string, layers: number, attentions: readonly string[]): ParameterRow[] => [
    ...Array.from({ length: layers }, (_, i) => layer(`transformer.${side}.layers.${i}`, attentions)).flat(),
    ...(hasFinalNorms(c) ? norm(`transformer.${side}.norm`) : []),
  ];
  const words = normal(dim ** -0.5);
  return {
    rows: [
      ["embed.weight", [c.vocab_size, dim], words],
      ...stack("encoder", c.num_encoder_layers, ["self_attn"]),
      ...stack("decoder", c.num_decoder_layers, ["self_attn", "multihead_attn"]),
      ...(c.tie ? [] : [["out.weight", [c.vocab_size, dim], words] as const]),
    ],
    tied: c.tie ? { "out.weight": "embed.weight" } : {},
    canonical: (name) => name,
    ignored: () => false,
  };
}

export function hasFinalNorms(c: TransformerConfig): boolean {
  return c.final_norms ?? c.norm_first;
}
