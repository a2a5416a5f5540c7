/** @file Configuration of GPT-NeoX under the published names. Before transformers 5 the rotary settings were `rotary_pct` and
 *  `rotary_emb_base`; now they are in `rope_parameters`. */

import { z } from "zod";
import { activation, positive, rate, size, specialTokens } from "../configFields.js";
import { RopeConfig, ropeFault, ropeToday } from "../parts/rope.js";

export const GptNeoxConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("gpt_neox"),
      vocab_size: size,
      hidden_size: size,
      intermediate_size: size,
      num_hidden_layers: size,
      num_attention_heads: size,
      hidden_act: activation.default("gelu"),
      max_position_embeddings: size.default(2048),
      /** Of the embeddings and of each block's output. */
      hidden_dropout: rate.default(0),
      /** Of attention's probabilities. */
      attention_dropout: rate.default(0),
      initializer_range: positive.default(0.02),
      layer_norm_eps: positive.default(1e-5),
      tie_word_embeddings: z.boolean().default(false),
      attention_bias: z.boolean().default(true),
      /** Attention and feed-forward both read the layer's input, and are added to it together. */
      use_parallel_residual: z.boolean().default(true),
      rope_parameters: RopeConfig,
      ...specialTokens,
    }),
  )
  .superRefine((c, context) => {
    const issue = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const headDim = c.hidden_size / c.num_attention_heads;
    if (!Number.isInteger(headDim)) {
      issue(
        "num_attention_heads",
        `hidden_size ${c.hidden_size} is not divisible by num_attention_heads ${c.num_attention_heads}`,
      );
      return;
    }
    const fault = ropeFault(c.rope_parameters, headDim);
    if (fault !== undefined) issue("rope_parameters", fault);
  });

export type GptNeoxConfig = z.infer<typeof GptNeoxConfig>;

function today(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const { rotary_pct, rotary_emb_base, rope_theta, rope_scaling, torch_dtype, ...c } = raw as Record<
    string,
    unknown
  >;
  const spelled = {
    rope_parameters: c.rope_parameters,
    rope_scaling,
    rope_theta: rotary_emb_base ?? rope_theta,
    partial_rotary_factor: rotary_pct ?? 0.25,
  };
  return {
    ...c,
    ...(c.dtype === undefined && torch_dtype !== undefined ? { dtype: torch_dtype } : {}),
    rope_parameters: ropeToday(spelled, 10_000),
  };
}
