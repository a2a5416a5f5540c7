/** @file Published shapes by name, to look at without downloading anything. Numbers as in the papers and config.json files. */

import type { RawConfig } from "../family.js";

const gpt = (n_embd: number, n_layer: number, n_head: number, n_positions = 1024): RawConfig => ({
  model_type: "gpt2",
  vocab_size: 50_257,
  n_positions,
  n_embd,
  n_layer,
  n_head,
});

const bert = (hidden_size: number, num_hidden_layers: number, num_attention_heads: number): RawConfig => ({
  model_type: "bert",
  architectures: ["BertForMaskedLM"],
  vocab_size: 30_522,
  hidden_size,
  num_hidden_layers,
  num_attention_heads,
  intermediate_size: 4 * hidden_size,
  max_position_embeddings: 512,
  type_vocab_size: 2,
});

const llama3 = (
  hidden_size: number,
  num_hidden_layers: number,
  num_attention_heads: number,
  intermediate_size: number,
): RawConfig => ({
  model_type: "llama",
  vocab_size: 128_256,
  hidden_size,
  num_hidden_layers,
  num_attention_heads,
  num_key_value_heads: 8,
  intermediate_size,
  max_position_embeddings: 8192,
  rope_theta: 500_000,
});

const original = (d_model: number, nhead: number, dim_feedforward: number): RawConfig => ({
  model_type: "transformer",
  vocab_size: 37_000,
  d_model,
  nhead,
  num_encoder_layers: 6,
  num_decoder_layers: 6,
  dim_feedforward,
});

/** GPT-2 (Radford et al. 2019), GPT-3 (Brown et al. 2020, table 2.1), the transformer (Vaswani et al. 2017, table 3), BERT
 *  (Devlin et al. 2018), T5 (Raffel et al. 2019), Llama 3, Mistral, Qwen3, OPUS-MT. */
export const knownModels: Readonly<Record<string, RawConfig>> = {
  gpt2: gpt(768, 12, 12),
  "gpt2-medium": gpt(1024, 24, 16),
  "gpt2-large": gpt(1280, 36, 20),
  "gpt2-xl": gpt(1600, 48, 25),
  gpt3: gpt(12_288, 96, 96, 2048),
  "transformer-base": original(512, 8, 2048),
  "transformer-big": original(1024, 16, 4096),
  "bert-base": bert(768, 12, 12),
  "bert-large": bert(1024, 24, 16),
  "t5-small": { model_type: "t5", vocab_size: 32_128 },
  "t5-base": {
    model_type: "t5",
    vocab_size: 32_128,
    d_model: 768,
    d_ff: 3072,
    num_layers: 12,
    num_heads: 12,
  },
  "opus-mt": {
    model_type: "marian",
    vocab_size: 59_514,
    d_model: 512,
    encoder_layers: 6,
    decoder_layers: 6,
    encoder_attention_heads: 8,
    decoder_attention_heads: 8,
    encoder_ffn_dim: 2048,
    decoder_ffn_dim: 2048,
    max_position_embeddings: 512,
    activation_function: "swish",
    scale_embedding: true,
    pad_token_id: 59_513,
  },
  "llama-3-8b": llama3(4096, 32, 32, 14_336),
  "llama-3-70b": llama3(8192, 80, 64, 28_672),
  "mistral-7b": {
    model_type: "mistral",
    vocab_size: 32_000,
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14_336,
    max_position_embeddings: 32_768,
  },
  "qwen3-0.6b": {
    model_type: "qwen3",
    vocab_size: 151_936,
    hidden_size: 1024,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    intermediate_size: 3072,
    max_position_embeddings: 40_960,
    tie_word_embeddings: true,
  },
};
