/** @file Llama 1–3 (Touvron et al. 2023), Mistral, Qwen2, Qwen3: RMS norm before each block · rotary positions · grouped
 *  heads · gated feed-forward · no biases, but where noted. What distinguishes the four: Mistral's sliding window;
 *  Qwen2's biases on q, k, v and windows on upper layers; Qwen3's RMS norm of each head of q and k before the rotation.
 *    x += o(attn(rope(q(n₁)), rope(k(n₁)), v(n₁)));  x += down(act(gate(n₂)) ⊙ up(n₂));  logits = head(norm(x))
 *  Relatives that differ in more are folders of their own, and recipes for the same builder (`build.ts`). */

import { LLAMA_TYPES, LlamaConfig, llamaArchitecture } from "./config.js";
import { defineRelative } from "./relative.js";

export const llama = defineRelative<LlamaConfig>({
  modelTypes: LLAMA_TYPES,
  architectures: ["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"],
  config: LlamaConfig,
  architecture: llamaArchitecture,
});
