/** @file What the configurations of Llama and its relatives have in common: fields, the older spelling brought into today's,
 *  checks across fields, and what an absent key means. */

import { z } from "zod";
import {
  activation,
  dtypeToday,
  type Issues,
  issue,
  positive,
  rate,
  size,
  specialTokens,
} from "../configFields.js";
import { OLD_ROPE_KEYS, RopeConfig, ropeFault, ropeToday } from "../parts/rope.js";

export type Fields = Record<string, unknown>;

/** Fields that all have. */
export const decoderFields = {
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size,
  head_dim: z.int("hidden_size is not divisible by num_attention_heads").positive(),
  max_position_embeddings: size,
  initializer_range: positive.default(0.02),
  rms_norm_eps: positive.default(1e-6),
  /** Of attention's probabilities; absent: none. */
  attention_dropout: rate.nullish(),
  ...specialTokens,
};

export const commonFields = {
  ...decoderFields,
  hidden_act: activation.default("silu"),
  rope_parameters: RopeConfig,
};

export const layerTypes = z.array(z.enum(["full_attention", "sliding_attention"]));

/** An old `head_dim: null` and the like count as absent. */
export function withDefaults(given: Fields, absent: Fields): Fields {
  const c: Fields = { ...given };
  for (const [key, value] of Object.entries(absent)) c[key] ??= value;
  return c;
}

export function isFields(raw: unknown): raw is Fields {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

export interface Spelling {
  /** What a key that is absent means. */
  readonly absent?: Fields;
  readonly theta?: number;
}

/** Today's spelling, with what follows from other fields filled in. */
export function spelledToday(given: Fields, { absent = {}, theta = 10_000 }: Spelling = {}): Fields {
  const c = withDefaults(given, absent);
  c.num_key_value_heads ??= c.num_attention_heads;
  const [width, heads] = [c.hidden_size, c.num_attention_heads];
  if (typeof width === "number" && typeof heads === "number") c.head_dim ??= width / heads;
  c.rope_parameters = ropeToday(c, theta);
  for (const key of OLD_ROPE_KEYS) delete c[key];
  dtypeToday(c);
  return c;
}

interface Checked {
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly layer_types?: readonly string[] | null | undefined;
}

/** Refuses numbers that do not fit one another. `ropes`: all rotary settings in use. */
export function checkDecoder(c: Checked, ropes: readonly RopeConfig[], context: Issues): void {
  if (c.num_attention_heads % c.num_key_value_heads !== 0)
    issue(
      context,
      "num_key_value_heads",
      `num_attention_heads ${c.num_attention_heads} is not divisible by num_key_value_heads ${c.num_key_value_heads}`,
    );
  if (c.head_dim % 2 !== 0) issue(context, "head_dim", "rotary positions need an even head_dim");
  if (c.layer_types && c.layer_types.length !== c.num_hidden_layers)
    issue(
      context,
      "layer_types",
      `there are ${c.num_hidden_layers} layers, but ${c.layer_types.length} types`,
    );
  for (const rope of ropes) {
    const fault = ropeFault(rope, c.head_dim);
    if (fault !== undefined && c.head_dim % 2 === 0) issue(context, "rope_parameters", fault);
  }
}
