/** @file Configuration of T5 and T5 v1.1 under the published names. `feed_forward_proj` says whether the feed-forward is gated;
 *  newer files spell it out as `dense_act_fn` and `is_gated_act`. */

import { z } from "zod";
import { activation, dtypeToday, positive, rate, size, specialTokens } from "../configFields.js";

export const T5Config = z.preprocess(
  today,
  z.looseObject({
    model_type: z.enum(["t5", "mt5"]),
    vocab_size: size,
    d_model: size,
    d_kv: size,
    d_ff: size,
    num_layers: size,
    num_decoder_layers: size,
    num_heads: size,
    relative_attention_num_buckets: z.int().min(4).multipleOf(2).default(32),
    relative_attention_max_distance: size.default(128),
    dense_act_fn: activation,
    is_gated_act: z.boolean(),
    /** Of the embeddings, of each block's output, within feed-forwards, of attention's probabilities and of what a stack
     *  returns. */
    dropout_rate: rate.default(0.1),
    layer_norm_epsilon: positive.default(1e-6),
    initializer_factor: positive.default(1),
    tie_word_embeddings: z.boolean(),
    /** Whether the decoder's output is multiplied by d_model^-½ before the output matrix. */
    scale_decoder_outputs: z.boolean(),
    decoder_start_token_id: z.int().nonnegative(),
    ...specialTokens,
    pad_token_id: z.int().nonnegative(),
  }),
);

export type T5Config = z.infer<typeof T5Config>;

const ABSENT = {
  pad_token_id: 0,
  eos_token_id: 1,
  num_layers: 6,
  num_heads: 8,
  d_model: 512,
  d_kv: 64,
  d_ff: 2048,
  feed_forward_proj: "relu",
};

function today(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const given = raw as Record<string, unknown>;
  const c: Record<string, unknown> = { ...ABSENT, ...given };
  c.num_decoder_layers ??= c.num_layers;
  c.decoder_start_token_id ??= c.pad_token_id;
  // v1.1 and mT5 have an output matrix of their own, v1.0 the embedding's.
  c.tie_word_embeddings ??= c.model_type === "t5";
  c.scale_decoder_outputs ??= c.tie_word_embeddings;
  const [first, second] = String(c.feed_forward_proj).split("-");
  c.is_gated_act ??= first === "gated" && second !== undefined;
  const named = second ?? first;
  // "gated-gelu" means the approximation by tanh (its files say so only by convention).
  c.dense_act_fn ??= c.feed_forward_proj === "gated-gelu" ? "gelu_new" : named;
  dtypeToday(c);
  return c;
}
