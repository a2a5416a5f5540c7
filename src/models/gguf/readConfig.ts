/** @file The metadata of a GGUF file → config.json's content. What the format leaves to llama.cpp is said here in so many
 *  words (src/llama-model.cpp): Gemma's scale, caps and pattern of layers, Llama 3's stretched frequencies. */

import { ropeFrequencies } from "../../nn/index.js";
import type { RawConfig } from "../family.js";
import type { GgufFacts } from "./facts.js";

/** What of the tensors a configuration follows from. */
export interface GgufShapes {
  has(name: string): boolean;
  /** Rows of a matrix, undefined where it is not there. */
  rows(name: string): number | undefined;
  /** A vector that configures instead of being a parameter. */
  vector(name: string): readonly number[] | undefined;
}

type Reader = (m: GgufFacts, t: GgufShapes) => RawConfig;
type Fields = Record<string, unknown>;

function specialTokens(m: GgufFacts): Fields {
  const eos = [...new Set(["eos", "eot"].flatMap((role) => m.tokenId(role) ?? []))];
  return {
    bos_token_id: m.tokenId("bos") ?? null,
    eos_token_id: eos.length === 0 ? null : eos.length === 1 ? eos[0] : eos,
    pad_token_id: m.tokenId("padding") ?? null,
  };
}

function vocabulary(m: GgufFacts, t: GgufShapes): number {
  return (
    t.rows("token_embd.weight") ??
    m.refuse("vocab_size", "cannot be known", "no tensor token_embd.weight", "the embeddings")
  );
}

function layersOf(m: GgufFacts, t: GgufShapes): number {
  const layers = m.size("block_count");
  if (!t.has(`blk.${layers - 1}.attn_norm.weight`))
    m.refuse("block_count", "counts layers that the file has no tensors for", layers, "the file's layers");
  return layers;
}

/** What Llama and its relatives have in common. */
function body(m: GgufFacts, t: GgufShapes): Fields {
  const experts = m.maybeSize("expert_count");
  if (experts !== undefined)
    m.refuse("expert_count", "mixtures of experts are not read from GGUF", experts, "none");
  const [dim, heads] = [m.size("embedding_length"), m.size("attention.head_count")];
  const headDim = m.maybeSize("attention.key_length") ?? dim / heads;
  const values = m.maybeSize("attention.value_length");
  if (values !== undefined && values !== headDim)
    m.refuse("attention.value_length", "differs from the keys'", values, headDim);
  return {
    vocab_size: vocabulary(m, t),
    hidden_size: dim,
    intermediate_size: m.size("feed_forward_length"),
    num_hidden_layers: layersOf(m, t),
    num_attention_heads: heads,
    num_key_value_heads: m.maybeSize("attention.head_count_kv") ?? heads,
    head_dim: headDim,
    max_position_embeddings: m.size("context_length"),
    rms_norm_eps:
      m.number("attention.layer_norm_rms_epsilon") ??
      m.refuse("attention.layer_norm_rms_epsilon", "is needed", "nothing", "the norms' epsilon"),
    tie_word_embeddings: !t.has("output.weight"),
    rope_parameters: rope(m, t, headDim),
    ...specialTokens(m),
  };
}

function rope(m: GgufFacts, t: GgufShapes, headDim: number): Fields {
  const turned = m.maybeSize("rope.dimension_count") ?? headDim;
  const base = {
    rope_theta: m.number("rope.freq_base") ?? 10_000,
    ...(turned === headDim ? {} : { partial_rotary_factor: turned / headDim }),
  };
  const factor = m.number("rope.scaling.factor") ?? m.number("rope.scale_linear") ?? 0;
  const trained = m.maybeSize("rope.scaling.original_context_length");
  const type = m.text("rope.scaling.type") ?? (factor > 0 && factor !== 1 ? "linear" : "none");
  const long = t.vector("rope_factors_long.weight");
  const short = t.vector("rope_factors_short.weight");
  if (long !== undefined && short !== undefined)
    return {
      ...base,
      rope_type: "longrope",
      long_factor: long,
      short_factor: short,
      ...(trained === undefined ? {} : { original_max_position_embeddings: trained }),
      ...(m.number("rope.scaling.attn_factor") === undefined
        ? {}
        : { attention_factor: m.number("rope.scaling.attn_factor") }),
    };
  const factors = t.vector("rope_freqs.weight");
  if (factors !== undefined) return { ...base, ...stretched(factors, base.rope_theta) };
  if (type === "none" || (type === "linear" && factor === 1)) return { ...base, rope_type: "default" };
  if (!(factor > 0)) m.refuse("rope.scaling.factor", "is needed", factor, "a factor above 0");
  if (type === "linear") return { ...base, rope_type: "linear", factor };
  if (type !== "yarn")
    return m.refuse(
      "rope.scaling.type",
      "is not known",
      type,
      "none, linear, yarn, or longrope with its lists",
    );
  // llama.cpp multiplies its own temperature by this.
  const attention = m.number("rope.scaling.attn_factor") ?? 1;
  return {
    ...base,
    rope_type: "yarn",
    factor,
    ...(trained === undefined ? {} : { original_max_position_embeddings: trained }),
    ...(attention === 1 ? {} : { attention_factor: attention * (1 + 0.1 * Math.log(factor)) }),
    ...optional("beta_fast", m.number("rope.scaling.yarn_beta_fast")),
    ...optional("beta_slow", m.number("rope.scaling.yarn_beta_slow")),
  };
}

function optional(key: string, value: number | undefined): Fields {
  return value === undefined ? {} : { [key]: value };
}

/** Divisors of the frequencies: Llama 3's, if its published settings give the same numbers, else a list that says so. */
function stretched(factors: readonly number[], theta: number): Fields {
  const factor = Math.max(...factors);
  const llama3 = {
    rope_type: "llama3" as const,
    factor,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const wanted = ropeDivisors({ rope_theta: theta, ...llama3 }, 2 * factors.length);
  if (factors.every((f, i) => Math.abs(f - wanted[i]!) < 1e-4 * f)) return llama3;
  return { rope_type: "longrope", long_factor: factors, short_factor: factors, attention_factor: 1 };
}

/** By how much a scaling divides each plain frequency. */
export function ropeDivisors(p: Parameters<typeof ropeFrequencies>[0], dim: number): number[] {
  const plain = ropeFrequencies({ rope_type: "default", rope_theta: p.rope_theta }, dim, 1, 1).invFreq;
  const scaled = ropeFrequencies(p, dim, 1, 1).invFreq;
  return Array.from(plain, (f, i) => f / scaled[i]!);
}

/** Mistral's files have Llama's architecture; only its window tells them apart. */
export const readLlama: Reader = (m, t) => {
  const window = m.maybeSize("attention.sliding_window");
  if (window !== undefined) return { model_type: "mistral", ...body(m, t), sliding_window: window };
  const bias = t.has("blk.0.attn_q.bias");
  return {
    model_type: "llama",
    ...body(m, t),
    attention_bias: bias,
    mlp_bias: t.has("blk.0.ffn_up.bias"),
  };
};

export const readQwen2: Reader = (m, t) => ({
  model_type: "qwen2",
  ...body(m, t),
  use_sliding_window: false,
});

export const readQwen3: Reader = (m, t) => ({
  model_type: "qwen3",
  ...body(m, t),
  use_sliding_window: false,
});

export const readPhi3: Reader = (m, t) => ({
  model_type: "phi3",
  ...body(m, t),
  sliding_window: m.maybeSize("attention.sliding_window") ?? null,
});

export const readGemma: Reader = (m, t) => ({ model_type: "gemma", ...body(m, t) });

/** Scores are divided by the root of the heads' width; the 27B models by that of their share of the model's. */
export function gemmaScalar(layers: number, of27b: number, dim: number, heads: number, headDim: number) {
  return layers === of27b ? dim / heads : headDim;
}

function laterGemma(m: GgufFacts, t: GgufShapes, of27b: number): Fields {
  const c = body(m, t);
  const [layers, dim, heads, headDim] = [
    c.num_hidden_layers,
    c.hidden_size,
    c.num_attention_heads,
    c.head_dim,
  ] as [number, number, number, number];
  return { ...c, query_pre_attn_scalar: gemmaScalar(layers, of27b, dim, heads, headDim) };
}

export const GEMMA2_27B = 46;
export const GEMMA3_27B = 62;

export const readGemma2: Reader = (m, t) => ({
  model_type: "gemma2",
  ...laterGemma(m, t, GEMMA2_27B),
  sliding_window: m.maybeSize("attention.sliding_window") ?? 4096,
  attn_logit_softcapping: m.number("attn_logit_softcapping") ?? 50,
  final_logit_softcapping: m.number("final_logit_softcapping") ?? 30,
});

export const readGemma3: Reader = (m, t) => {
  const { rope_parameters: full, ...rest } = laterGemma(m, t, GEMMA3_27B);
  return {
    model_type: "gemma3_text",
    ...rest,
    sliding_window: m.size("attention.sliding_window"),
    sliding_window_pattern: m.maybeSize("attention.sliding_window_pattern") ?? 6,
    final_logit_softcapping: m.number("final_logit_softcapping") ?? null,
    rope_parameters: {
      full_attention:
        m.number("rope.freq_base") === undefined ? { ...(full as Fields), rope_theta: 1e6 } : full,
      sliding_attention: { rope_type: "default", rope_theta: m.number("rope.freq_base_swa") ?? 10_000 },
    },
  };
};

export const readGpt2: Reader = (m, t) => {
  const dim = m.size("embedding_length");
  return {
    model_type: "gpt2",
    vocab_size: vocabulary(m, t),
    n_positions: m.size("context_length"),
    n_embd: dim,
    n_layer: layersOf(m, t),
    n_head: m.size("attention.head_count"),
    n_inner: m.maybeSize("feed_forward_length") ?? 4 * dim,
    layer_norm_epsilon: m.number("attention.layer_norm_epsilon") ?? 1e-5,
    tie_word_embeddings: !t.has("output.weight"),
    ...specialTokens(m),
  };
};
