/** @file GPT-2's configuration under its published names. */

import { z } from "zod";
import { activation, positive, rate, size, specialTokens } from "../configFields.js";

export const Gpt2Config = z
  .preprocess(
    oldNames,
    z.looseObject({
      model_type: z.literal("gpt2"),
      vocab_size: size.default(50257),
      n_positions: size.default(1024),
      n_embd: size.default(768),
      n_layer: size.default(12),
      n_head: size.default(12),
      /** Width inside the feed-forward; null: 4·n_embd. */
      n_inner: size.nullable().default(null),
      activation_function: activation.default("gelu_new"),
      layer_norm_epsilon: positive.default(1e-5),
      /** Dropout of the embeddings, of attention's probabilities, and of each block's output. */
      embd_pdrop: rate.default(0.1),
      attn_pdrop: rate.default(0.1),
      resid_pdrop: rate.default(0.1),
      initializer_range: positive.default(0.02),
      scale_attn_weights: z.boolean().default(true),
      scale_attn_by_inverse_layer_idx: z.boolean().default(false),
      tie_word_embeddings: z.boolean().default(true),
      add_cross_attention: z.literal(false, "cross-attention is not supported").default(false),
      ...specialTokens,
    }),
  )
  .superRefine((c, context) => {
    if (c.n_embd % c.n_head !== 0)
      context.addIssue({
        code: "custom",
        path: ["n_head"],
        message: `n_embd ${c.n_embd} is not divisible by n_head ${c.n_head}`,
      });
  });

export type Gpt2Config = z.infer<typeof Gpt2Config>;

const OLD = {
  hidden_size: "n_embd",
  max_position_embeddings: "n_positions",
  n_ctx: "n_positions",
  num_attention_heads: "n_head",
  num_hidden_layers: "n_layer",
} as const;

/** The generic names that transformers accepts as well. */
function oldNames(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const config: Record<string, unknown> = { ...raw };
  for (const [other, name] of Object.entries(OLD))
    if (config[name] === undefined && config[other] !== undefined) config[name] = config[other];
  return config;
}
