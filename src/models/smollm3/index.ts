/** @file SmolLM3 (Hugging Face 2025): Llama of which every fourth layer has no rotary positions (Yang et al. 2025, "RoPE to NoPE
 *  and back again"): what is far away is found by content there. In `no_rope_layers` 1 means *with* positions. */

import { z } from "zod";
import { issue, size } from "../configFields.js";
import type { Architecture } from "../llama/architecture.js";
import { feedForwardOf, shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, isFields, layerTypes, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";

export const SmolLM3Config = z
  .preprocess(
    (raw) =>
      isFields(raw)
        ? spelledToday(raw, { absent: { max_position_embeddings: 32_768 }, theta: 2_000_000 })
        : raw,
    z.looseObject({
      model_type: z.literal("smollm3"),
      ...commonFields,
      tie_word_embeddings: z.boolean().default(true),
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      use_sliding_window: z.boolean().default(false),
      sliding_window: size.nullish(),
      no_rope_layers: z.array(z.int().min(0).max(1)).nullish(),
      no_rope_layer_interval: size.default(4),
      layer_types: layerTypes.nullish(),
    }),
  )
  .superRefine((c, context) => {
    checkDecoder(c, [c.rope_parameters], context);
    if (c.no_rope_layers && c.no_rope_layers.length < c.num_hidden_layers)
      issue(
        context,
        "no_rope_layers",
        `there are ${c.num_hidden_layers} layers, but ${c.no_rope_layers.length} numbers`,
      );
  });

export type SmolLM3Config = z.infer<typeof SmolLM3Config>;

export const smollm3 = defineRelative<SmolLM3Config>({
  modelTypes: ["smollm3"],
  architectures: ["SmolLM3ForCausalLM"],
  config: SmolLM3Config,
  architecture: smollm3Architecture,
});

function smollm3Architecture(c: SmolLM3Config): Architecture {
  const part = feedForwardOf(c, { biased: c.mlp_bias });
  const hasPositions = (layer: number) =>
    c.no_rope_layers ? c.no_rope_layers[layer] === 1 : (layer + 1) % c.no_rope_layer_interval !== 0;
  const isLocal = (layer: number) =>
    c.layer_types ? c.layer_types[layer] === "sliding_attention" : !hasPositions(layer);
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      window: (layer) =>
        c.use_sliding_window && isLocal(layer) ? (c.sliding_window ?? undefined) : undefined,
    },
    rope: (layer) => (hasPositions(layer) ? c.rope_parameters : undefined),
    feedForward: () => ({ name: "mlp", part }),
  };
}
