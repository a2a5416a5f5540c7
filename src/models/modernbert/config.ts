/** @file ModernBERT's configuration under its published names. Before transformers 5 the two rotary bases were
 *  `global_rope_theta` and `local_rope_theta`, and `global_attn_every_n_layers` said which layers see everything; now they
 *  are `rope_parameters` by kind of layer, and `layer_types`. */

import { z } from "zod";
import { activation, labelFields, positive, rate, size, specialTokens } from "../configFields.js";

const rope = z.looseObject({
  rope_type: z.literal("default", "only plain rotary positions are here for this family").default("default"),
  rope_theta: positive,
});

export const ModernBertConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("modernbert"),
      vocab_size: size.default(50_368),
      hidden_size: size.default(768),
      intermediate_size: size.default(1152),
      num_hidden_layers: size,
      num_attention_heads: size.default(12),
      hidden_activation: activation.default("gelu"),
      max_position_embeddings: size.default(8192),
      initializer_range: positive.default(0.02),
      norm_eps: positive.default(1e-5),
      embedding_dropout: rate.default(0),
      /** Of attention's probabilities and of its output. */
      attention_dropout: rate.default(0),
      /** Within feed-forwards. */
      mlp_dropout: rate.default(0),
      classifier_dropout: rate.default(0),
      norm_bias: z.boolean().default(false),
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      /** Keys a local layer sees, half on each side. */
      local_attention: size.default(128),
      layer_types: z.array(z.enum(["full_attention", "sliding_attention"])),
      rope_parameters: z.looseObject({ full_attention: rope, sliding_attention: rope }),
      decoder_bias: z.boolean().default(true),
      classifier_pooling: z.enum(["cls", "mean"]).default("cls"),
      classifier_bias: z.boolean().default(false),
      classifier_activation: activation.default("gelu"),
      tie_word_embeddings: z.boolean().default(true),
      ...labelFields,
      ...specialTokens,
    }),
  )
  .superRefine((c, context) => {
    const issue = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (c.hidden_size % (2 * c.num_attention_heads) !== 0)
      issue(
        "num_attention_heads",
        `the width ${c.hidden_size} gives ${c.num_attention_heads} heads no even size`,
      );
    if (c.layer_types.length !== c.num_hidden_layers)
      issue("layer_types", `there are ${c.num_hidden_layers} layers, but ${c.layer_types.length} types`);
  });

export type ModernBertConfig = z.infer<typeof ModernBertConfig>;

/** Today's spelling. */
function today(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const {
    global_attn_every_n_layers: every = 3,
    global_rope_theta: far = 160_000,
    local_rope_theta: near = 10_000,
    ...c
  } = raw as Record<string, unknown>;
  c.num_hidden_layers ??= 22;
  c.layer_types ??= Array.from({ length: Number(c.num_hidden_layers) || 0 }, (_, i) =>
    i % Number(every) === 0 ? "full_attention" : "sliding_attention",
  );
  c.rope_parameters ??= { full_attention: { rope_theta: far }, sliding_attention: { rope_theta: near } };
  if (c.pad_token_id === undefined) c.pad_token_id = 50_283;
  return c;
}
