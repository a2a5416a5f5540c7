/** @file config.json of the model that a recipe asks for, in the field's names. */

import { dropoutSettings } from "./dropout.js";
import type { ModelShape } from "./presets.js";

export interface VocabularyFacts {
  readonly vocabSize: number;
  readonly eosId: number | undefined;
}

export function modelConfig(
  shape: ModelShape,
  { vocabSize, eosId }: VocabularyFacts,
): Record<string, unknown> {
  // A document begins after the end of the one before it, so the end-of-text token opens a text as well.
  const ids = eosId === undefined ? {} : { bos_token_id: eosId, eos_token_id: eosId };
  const common = {
    vocab_size: vocabSize,
    tie_word_embeddings: shape.tieEmbeddings,
    initializer_range: shape.initRange,
    ...dropoutSettings(shape.family, shape.dropout),
    ...ids,
  };
  if (shape.family === "gpt2") {
    return {
      model_type: "gpt2",
      n_positions: shape.context,
      n_embd: shape.dim,
      n_layer: shape.depth,
      n_head: shape.heads,
      n_inner: shape.mlpWidth,
      activation_function: shape.activation,
      ...common,
    };
  }
  return {
    model_type: shape.family,
    hidden_size: shape.dim,
    intermediate_size: shape.mlpWidth,
    num_hidden_layers: shape.depth,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.dim / shape.heads,
    hidden_act: shape.activation,
    max_position_embeddings: shape.context,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    ...common,
  };
}
