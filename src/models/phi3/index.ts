/** @file Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama with q, k and v in one matrix, and gate and up in another · rotary
 *  positions on a part of each head (`partial_rotary_factor`) · LongRoPE in the long versions (Ding et al. 2024), whose
 *  frequencies go by the longest position of the batch · a window in some. */

import { z } from "zod";
import { size } from "../configFields.js";
import type { Architecture } from "../llama/architecture.js";
import { feedForwardOf, shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, type Fields, isFields, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";

export const Phi3Config = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("phi3"),
      ...commonFields,
      tie_word_embeddings: z.boolean().default(false),
      sliding_window: size.nullish(),
    }),
  )
  .superRefine((c, context) => checkDecoder(c, [c.rope_parameters], context));

export type Phi3Config = z.infer<typeof Phi3Config>;

function today(raw: unknown): unknown {
  if (!isFields(raw)) return raw;
  const absent = {
    max_position_embeddings: 4096,
    original_max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
  };
  const c = spelledToday(raw, { absent });
  // The first releases called their scaling "su" or "yarn".
  if (isFields(c.rope_parameters) && c.rope_parameters.rope_type === "yarn")
    c.rope_parameters = { ...(c.rope_parameters as Fields), rope_type: "longrope" };
  return c;
}

export const phi3 = defineRelative<Phi3Config>({
  modelTypes: ["phi3"],
  architectures: ["Phi3ForCausalLM"],
  config: Phi3Config,
  architecture: phi3Architecture,
});

function phi3Architecture(c: Phi3Config): Architecture {
  const part = feedForwardOf(c, { fused: true });
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: false, o: false },
      fused: true,
      window: () => c.sliding_window ?? undefined,
    },
    rope: () => c.rope_parameters,
    feedForward: () => ({ name: "mlp", part }),
  };
}
