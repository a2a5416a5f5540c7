/** @file Gemma (Gemma Team 2024, 2024, 2025). All: embeddings times √dim · gains stored as their distance from one · GELU in its
 *  tanh form as the gate · heads wider than dim/heads. Gemma 2: norms on both sides of each block · a window on every other
 *  layer · scores and logits capped by c·tanh(x/c) · scores scaled by query_pre_attn_scalar^−½. Gemma 3: RMS norm of each
 *  head of q and k instead of caps · a window on all but every sixth layer · another rotary base there. */

import { normal } from "../family.js";
import type { Architecture } from "../llama/architecture.js";
import { shapeOf } from "../llama/config.js";
import { defineRelative } from "../llama/relative.js";
import { gatedFeedForward } from "../parts/gatedFeedForward.js";
import { GEMMA_TYPES, GemmaConfig } from "./config.js";

export const gemma = defineRelative<GemmaConfig>({
  // "gemma3": the multimodal files, of which the language model is read.
  modelTypes: [...GEMMA_TYPES, "gemma3"],
  architectures: ["GemmaForCausalLM", "Gemma2ForCausalLM", "Gemma3ForCausalLM", "Gemma3ForCausalLM"],
  config: GemmaConfig,
  architecture: gemmaArchitecture,
  names: {
    canonical: (name) =>
      name.replace(/^(?:language_model\.(?=model\.|lm_head\.)|model\.language_model\.)/, (prefix) =>
        prefix.startsWith("model.") ? "model." : "",
      ),
    ignored: (name) => /(?:^|\.)(?:vision_tower|multi_modal_projector)\.|rotary_emb\.inv_freq$/.test(name),
  },
});

function gemmaArchitecture(c: GemmaConfig): Architecture {
  const part = gatedFeedForward({
    dim: c.hidden_size,
    inner: c.intermediate_size,
    activation: c.model_type === "gemma" ? c.hidden_act : c.hidden_activation,
    init: normal(c.initializer_range),
  });
  const common = {
    ...shapeOf(c),
    embeddingScale: Math.sqrt(c.hidden_size),
    feedForward: () => ({ name: "mlp", part }),
  };
  const norm = { eps: c.rms_norm_eps, offset: 1 } as const;
  const biases = { qkv: c.attention_bias, o: c.attention_bias };
  if (c.model_type === "gemma")
    return {
      ...common,
      norm: { ...norm, place: "before" },
      attention: { scale: 1 / Math.sqrt(c.head_dim), biases, window: () => undefined },
      rope: () => c.rope_parameters,
    };
  const isLocal = (layer: number) => c.layer_types[layer] === "sliding_attention";
  return {
    ...common,
    norm: { ...norm, place: "around" },
    attention: {
      scale: 1 / Math.sqrt(c.query_pre_attn_scalar),
      biases,
      qkNorm: c.model_type === "gemma3_text" ? "head" : undefined,
      softcap: c.attn_logit_softcapping ?? 0,
      window: (layer) => (isLocal(layer) ? c.sliding_window : undefined),
    },
    logitSoftcap: c.final_logit_softcapping ?? 0,
    rope: (layer) =>
      c.model_type === "gemma3_text"
        ? c.rope_parameters[isLocal(layer) ? "sliding_attention" : "full_attention"]
        : c.rope_parameters,
  };
}
