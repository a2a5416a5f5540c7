/** @file Mixtral (Jiang et al. 2024): Mistral with experts for feed-forwards, of which a router picks two a token, weighed by the
 *  softmax over those. In its files w1 is the gate, w3 up, w2 down. */

import { z } from "zod";
import { size } from "../configFields.js";
import { normal } from "../family.js";
import type { Architecture } from "../llama/architecture.js";
import { shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, isFields, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";
import { expertsFeedForward } from "../parts/experts.js";
import { checkRouter, mixtureOf, routerFields } from "../parts/routerConfig.js";

export const MixtralConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("mixtral"),
      ...commonFields,
      ...routerFields,
      num_local_experts: size,
      num_experts_per_tok: size,
      tie_word_embeddings: z.boolean().default(false),
      sliding_window: size.nullish(),
    }),
  )
  .superRefine((c, context) => {
    checkDecoder(c, [c.rope_parameters], context);
    checkRouter(c, context);
  });

export type MixtralConfig = z.infer<typeof MixtralConfig>;

function today(raw: unknown): unknown {
  if (!isFields(raw)) return raw;
  const { num_experts, ...given } = raw;
  return spelledToday(given, {
    absent: {
      max_position_embeddings: 131_072,
      rms_norm_eps: 1e-5,
      num_local_experts: num_experts ?? 8,
      num_experts_per_tok: 2,
    },
    theta: 1_000_000,
  });
}

export const mixtral = defineRelative<MixtralConfig>({
  modelTypes: ["mixtral"],
  architectures: ["MixtralForCausalLM"],
  config: MixtralConfig,
  architecture: mixtralArchitecture,
});

function mixtralArchitecture(c: MixtralConfig): Architecture {
  const [experts, chosen] = [c.num_local_experts, c.num_experts_per_tok];
  const part = expertsFeedForward({
    dim: c.hidden_size,
    inner: c.intermediate_size,
    activation: c.hidden_act,
    init: normal(c.initializer_range),
    experts,
    chosen,
    normalise: true,
    names: { router: "gate", gate: "w1", up: "w3", down: "w2" },
  });
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: false, o: false },
      window: () => c.sliding_window ?? undefined,
    },
    rope: () => c.rope_parameters,
    feedForward: () => ({ name: "block_sparse_moe", part }),
    mixture: mixtureOf(c, "block_sparse_moe"),
  };
}
