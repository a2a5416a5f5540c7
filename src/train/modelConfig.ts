/** @file config.json of the model that a recipe asks for, in the field's names. */

import { dropoutSettings } from "./dropout.js";
import type { ModelShape } from "./presets.js";

export interface VocabularyFacts {
  readonly vocabSize: number;
  readonly eosId: number | undefined;
  /** Default: eosId. A document begins after the end of the one before it, so that token opens a text as well. */
  readonly bosId?: number | undefined;
  readonly padId?: number | undefined;
}

type Config = Record<string, unknown>;

export function modelConfig(shape: ModelShape, vocabulary: VocabularyFacts): Config {
  const { vocabSize, eosId, padId } = vocabulary;
  // Decoders alone begin as a text does after the one before it.
  const bosId = shape.objective === "causal" ? eosId : vocabulary.bosId;
  return {
    model_type: shape.family,
    ...bodyOf(shape, vocabulary),
    vocab_size: vocabSize,
    tie_word_embeddings: shape.tieEmbeddings,
    ...dropoutSettings(shape.family, shape.dropout),
    ...(eosId === undefined || shape.objective === "masked"
      ? {}
      : { bos_token_id: bosId ?? eosId, eos_token_id: eosId }),
    ...(padId === undefined || shape.objective === "causal" ? {} : { pad_token_id: padId }),
  };
}

function bodyOf(shape: ModelShape, { bosId, padId }: VocabularyFacts): Config {
  const { dim, depth, heads, mlpWidth, context, activation, initRange } = shape;
  switch (shape.family) {
    case "gpt2":
      return {
        n_positions: context,
        n_embd: dim,
        n_layer: depth,
        n_head: heads,
        n_inner: mlpWidth,
        activation_function: activation,
        initializer_range: initRange,
      };
    case "bert":
      return {
        hidden_size: dim,
        intermediate_size: mlpWidth,
        num_hidden_layers: depth,
        num_attention_heads: heads,
        hidden_act: activation,
        max_position_embeddings: context,
        type_vocab_size: 2,
        initializer_range: initRange,
      };
    case "modernbert":
      return {
        hidden_size: dim,
        intermediate_size: mlpWidth,
        num_hidden_layers: depth,
        num_attention_heads: heads,
        hidden_activation: activation,
        max_position_embeddings: context,
        initializer_range: initRange,
      };
    case "transformer":
      return {
        d_model: dim,
        nhead: heads,
        num_encoder_layers: depth,
        num_decoder_layers: depth,
        dim_feedforward: mlpWidth,
        activation,
        norm_first: shape.normFirst,
        tie: shape.tieEmbeddings,
        max_position_embeddings: context,
        decoder_start_token_id: bosId,
      };
    case "bart":
      return {
        d_model: dim,
        encoder_layers: depth,
        decoder_layers: depth,
        encoder_attention_heads: heads,
        decoder_attention_heads: heads,
        encoder_ffn_dim: mlpWidth,
        decoder_ffn_dim: mlpWidth,
        activation_function: activation,
        max_position_embeddings: context,
        init_std: initRange,
        decoder_start_token_id: bosId,
        forced_eos_token_id: null,
      };
    case "t5":
      return {
        d_model: dim,
        d_kv: dim / heads,
        d_ff: mlpWidth,
        num_layers: depth,
        num_heads: heads,
        n_positions: context,
        dense_act_fn: activation,
        is_gated_act: true,
        feed_forward_proj: activation === "gelu_new" ? "gated-gelu" : `gated-${activation}`,
        decoder_start_token_id: padId,
      };
    default:
      return {
        hidden_size: dim,
        intermediate_size: mlpWidth,
        num_hidden_layers: depth,
        num_attention_heads: heads,
        num_key_value_heads: shape.kvHeads,
        head_dim: dim / heads,
        hidden_act: activation,
        max_position_embeddings: context,
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        initializer_range: initRange,
      };
  }
}
