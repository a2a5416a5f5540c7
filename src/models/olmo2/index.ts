/** @file OLMo 2 (OLMo Team 2024): Llama whose norms come after the blocks, x + n(f(x)), not before them, and with an RMS norm of
 *  the whole of q and of k before the rotation. Steadier in training, they found. */

import { z } from "zod";
import type { Architecture } from "../llama/architecture.js";
import { feedForwardOf, shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, isFields, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";

export const Olmo2Config = z
  .preprocess(
    (raw) =>
      isFields(raw)
        ? spelledToday(raw, { absent: { max_position_embeddings: 2048, rms_norm_eps: 1e-5 } })
        : raw,
    z.looseObject({
      model_type: z.literal("olmo2"),
      ...commonFields,
      tie_word_embeddings: z.boolean().default(false),
      attention_bias: z.boolean().default(false),
    }),
  )
  .superRefine((c, context) => checkDecoder(c, [c.rope_parameters], context));

export type Olmo2Config = z.infer<typeof Olmo2Config>;

export const olmo2 = defineRelative<Olmo2Config>({
  modelTypes: ["olmo2"],
  architectures: ["Olmo2ForCausalLM"],
  config: Olmo2Config,
  architecture: olmo2Architecture,
});

function olmo2Architecture(c: Olmo2Config): Architecture {
  const part = feedForwardOf(c);
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "after" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      qkNorm: "whole",
      window: () => undefined,
    },
    rope: () => c.rope_parameters,
    feedForward: () => ({ name: "mlp", part }),
  };
}
