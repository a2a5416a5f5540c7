/** @file The table of parameters of Llama and its relatives. */

import { type HeadOf, normal, type ParameterRow, type ParameterTable } from "../family.js";
import { gainRow, projectionRows } from "../parts/part.js";
import type { Architecture } from "./architecture.js";

/** Names of a layer's norms: around attention and around the feed-forward. OLMo 2's come after the blocks; where there are
 *  norms on both sides, the one after attention has the name that elsewhere belongs to the one before the feed-forward. */
export const NORM_NAMES = {
  before: {
    attention: { before: "input_layernorm", after: undefined },
    feedForward: { before: "post_attention_layernorm", after: undefined },
  },
  after: {
    attention: { before: undefined, after: "post_attention_layernorm" },
    feedForward: { before: undefined, after: "post_feedforward_layernorm" },
  },
  around: {
    attention: { before: "input_layernorm", after: "post_attention_layernorm" },
    feedForward: { before: "pre_feedforward_layernorm", after: "post_feedforward_layernorm" },
  },
} as const;

export function llamaTable(a: Architecture, head: HeadOf<"causal">): ParameterTable {
  const init = normal(a.initStd);
  const embedding = (name: string): ParameterRow => [name, [a.vocab, a.dim], init];
  return {
    rows: [
      embedding("model.embed_tokens.weight"),
      ...Array.from({ length: a.layers }, (_, i) => layerRows(a, i)).flat(),
      gainRow("model.norm", a.dim, a.norm.offset),
      ...(head === "lm" && !a.tied ? [embedding("lm_head.weight")] : []),
    ],
    tied: head === "lm" && a.tied ? { "lm_head.weight": "model.embed_tokens.weight" } : {},
    canonical: (name) => name,
    ignored: (name) => name.endsWith("rotary_emb.inv_freq"),
  };
}

function layerRows(a: Architecture, layer: number): ParameterRow[] {
  const at = `model.layers.${layer}`;
  const names = NORM_NAMES[a.norm.place];
  const norms = (name: string | undefined) =>
    name === undefined ? [] : [gainRow(`${at}.${name}`, a.dim, a.norm.offset)];
  const { name, part } = a.feedForward(layer);
  return [
    ...norms(names.attention.before),
    ...attentionRows(a, `${at}.self_attn`),
    ...norms(names.attention.after),
    ...norms(names.feedForward.before),
    ...part.rows(`${at}.${name}`),
    ...norms(names.feedForward.after),
  ];
}

function attentionRows(a: Architecture, at: string): ParameterRow[] {
  const { dim, headDim } = a;
  const { biases, qkNorm, fused, sinks } = a.attention;
  const init = normal(a.initStd);
  const [width, kvWidth] = [a.heads * headDim, a.kvHeads * headDim];
  const project = (name: string, to: number) => projectionRows(`${at}.${name}`, [dim, to], init, biases.qkv);
  const gains = { head: [headDim, headDim], whole: [width, kvWidth] } as const;
  return [
    ...(fused
      ? project("qkv_proj", width + 2 * kvWidth)
      : [...project("q_proj", width), ...project("k_proj", kvWidth), ...project("v_proj", kvWidth)]),
    ...projectionRows(`${at}.o_proj`, [width, dim], init, biases.o),
    ...(qkNorm === undefined
      ? []
      : [
          gainRow(`${at}.q_norm`, gains[qkNorm][0], a.norm.offset),
          gainRow(`${at}.k_norm`, gains[qkNorm][1], a.norm.offset),
        ]),
    ...(sinks ? [[`${at}.sinks`, [a.heads], init] as const] : []),
  ];
}
