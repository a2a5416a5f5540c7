/** @file Qwen3's mixtures of experts (Yang et al. 2025): Qwen3 with many narrow experts, several of them a token, weighed by the
 *  softmax over all (`norm_topk_prob` false) or over the chosen (true, as published). Some layers may be dense. */

import { z } from "zod";
import { size } from "../configFields.js";
import { normal } from "../family.js";
import type { Architecture } from "../llama/architecture.js";
import { shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, isFields, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";
import { expertsFeedForward } from "../parts/experts.js";
import { gatedFeedForward } from "../parts/gatedFeedForward.js";
import { checkRouter, mixtureOf, routerFields } from "../parts/routerConfig.js";

export const Qwen3MoeConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("qwen3_moe"),
      ...commonFields,
      ...routerFields,
      num_local_experts: size,
      num_experts_per_tok: size,
      moe_intermediate_size: size,
      norm_topk_prob: z.boolean().default(false),
      /** Every how-many-th layer has experts … */
      decoder_sparse_step: size.default(1),
      /** … but these. */
      mlp_only_layers: z.array(z.int().nonnegative()).default([]),
      attention_bias: z.boolean().default(false),
      tie_word_embeddings: z.boolean().default(false),
      use_sliding_window: z.boolean().default(false),
      sliding_window: size.nullish(),
    }),
  )
  .superRefine((c, context) => {
    checkDecoder(c, [c.rope_parameters], context);
    checkRouter(c, context);
  });

export type Qwen3MoeConfig = z.infer<typeof Qwen3MoeConfig>;

function today(raw: unknown): unknown {
  if (!isFields(raw)) return raw;
  const { num_experts, ...given } = raw;
  return spelledToday(
    { ...given, mlp_only_layers: given.mlp_only_layers ?? [] },
    {
      absent: {
        max_position_embeddings: 32_768,
        num_local_experts: num_experts ?? 128,
        num_experts_per_tok: 8,
        moe_intermediate_size: 768,
      },
    },
  );
}

export const qwen3Moe = defineRelative<Qwen3MoeConfig>({
  modelTypes: ["qwen3_moe"],
  architectures: ["Qwen3MoeForCausalLM"],
  config: Qwen3MoeConfig,
  architecture: qwen3MoeArchitecture,
});

function qwen3MoeArchitecture(c: Qwen3MoeConfig): Architecture {
  const [experts, chosen] = [c.num_local_experts, c.num_experts_per_tok];
  const common = { dim: c.hidden_size, activation: c.hidden_act, init: normal(c.initializer_range) };
  const dense = gatedFeedForward({ ...common, inner: c.intermediate_size });
  const sparse = expertsFeedForward({
    ...common,
    inner: c.moe_intermediate_size,
    experts,
    chosen,
    normalise: c.norm_topk_prob,
    names: { router: "gate", gate: "gate_proj", up: "up_proj", down: "down_proj" },
  });
  const isSparse = (layer: number) =>
    !c.mlp_only_layers.includes(layer) && (layer + 1) % c.decoder_sparse_step === 0;
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      qkNorm: "head",
      window: () => (c.use_sliding_window ? (c.sliding_window ?? undefined) : undefined),
    },
    rope: () => c.rope_parameters,
    feedForward: (layer) => ({ name: "mlp", part: isSparse(layer) ? sparse : dense }),
    mixture: mixtureOf(c, "mlp"),
  };
}
