/** @file gpt-oss (OpenAI 2025): experts with a bounded gate (`experts.ts`) · attention sinks, one learned logit a head whose share
 *  is dropped · a window on every other layer · biases · YaRN. */

import { z } from "zod";
import { issue, positive, size } from "../configFields.js";
import { normal } from "../family.js";
import type { Architecture } from "../llama/architecture.js";
import { shapeOf } from "../llama/config.js";
import { checkDecoder, commonFields, isFields, layerTypes, spelledToday } from "../llama/configParts.js";
import { defineRelative } from "../llama/relative.js";
import { checkRouter, mixtureOf, routerFields } from "../parts/routerConfig.js";
import { gptOssExperts } from "./experts.js";

export const GptOssConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.literal("gpt_oss"),
      ...commonFields,
      ...routerFields,
      hidden_act: z.literal("silu").default("silu"),
      num_local_experts: size,
      num_experts_per_tok: size,
      attention_bias: z.boolean().default(true),
      sliding_window: size.default(128),
      layer_types: layerTypes.nullish(),
      swiglu_alpha: positive.default(1.702),
      swiglu_limit: positive.default(7),
      tie_word_embeddings: z.boolean().default(false),
    }),
  )
  .superRefine((c, context) => {
    checkDecoder(c, [c.rope_parameters], context);
    checkRouter(c, context);
    if (c.quantization_config != null)
      issue(context, "quantization_config", "weights in MXFP4 are not read yet: convert them to bf16 first");
  });

export type GptOssConfig = z.infer<typeof GptOssConfig>;

const YARN = {
  rope_type: "yarn",
  factor: 32,
  beta_fast: 32,
  beta_slow: 1,
  truncate: false,
  original_max_position_embeddings: 4096,
};

function today(raw: unknown): unknown {
  if (!isFields(raw)) return raw;
  const { num_experts, ...given } = raw;
  return spelledToday(
    { ...given, rope_scaling: given.rope_parameters ?? given.rope_scaling ?? YARN },
    {
      absent: {
        head_dim: 64,
        max_position_embeddings: 131_072,
        rms_norm_eps: 1e-5,
        num_local_experts: num_experts ?? 128,
        num_experts_per_tok: 4,
      },
      theta: 150_000,
    },
  );
}

export const gptOss = defineRelative<GptOssConfig>({
  modelTypes: ["gpt_oss"],
  architectures: ["GptOssForCausalLM"],
  config: GptOssConfig,
  architecture: gptOssArchitecture,
});

function gptOssArchitecture(c: GptOssConfig): Architecture {
  const [experts, chosen] = [c.num_local_experts, c.num_experts_per_tok];
  const part = gptOssExperts({
    dim: c.hidden_size,
    inner: c.intermediate_size,
    experts,
    chosen,
    normalise: true,
    alpha: c.swiglu_alpha,
    limit: c.swiglu_limit,
    init: normal(c.initializer_range),
  });
  const isLocal = (layer: number) =>
    c.layer_types ? c.layer_types[layer] === "sliding_attention" : layer % 2 === 0;
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      sinks: true,
      window: (layer) => (isLocal(layer) ? c.sliding_window : undefined),
    },
    rope: () => c.rope_parameters,
    feedForward: () => ({ name: "mlp", part }),
    mixture: mixtureOf(c, "mlp"),
  };
}
