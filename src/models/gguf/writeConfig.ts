/** @file A model's configuration → the metadata that llama.cpp reads. What the format cannot say is refused by name. */

import { UserError } from "../../platform/errors.js";
import type { GgufValue } from "../../platform/gguf/types.js";
import type { CausalModel } from "../model.js";
import { type RopeConfig, rotatedDimensions } from "../parts/rope.js";
import { GEMMA2_27B, GEMMA3_27B, gemmaScalar, ropeDivisors } from "./readConfig.js";

export interface WrittenConfig {
  readonly architecture: string;
  readonly entries: readonly (readonly [key: string, value: GgufValue])[];
  /** Tensors that configure: divisors of the rotary frequencies. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

type Fields = Readonly<Record<string, unknown>>;

/** `model_type` → architecture. */
export const GGUF_WRITABLE: Readonly<Record<string, string>> = {
  llama: "llama",
  mistral: "llama",
  qwen2: "qwen2",
  qwen3: "qwen3",
  gemma: "gemma",
  gemma2: "gemma2",
  gemma3_text: "gemma3",
  phi3: "phi3",
  gpt2: "gpt2",
};

const count = (value: number): GgufValue => ({ type: "uint32", value });
const real = (value: number): GgufValue => ({ type: "float32", value });

/** Throws UserError `gguf-unsupported`. `onWarning` is told what llama.cpp will not heed. */
export function writtenConfig(model: CausalModel, onWarning: (warning: string) => void): WrittenConfig {
  const architecture = Object.hasOwn(GGUF_WRITABLE, model.family) ? GGUF_WRITABLE[model.family] : undefined;
  if (architecture === undefined)
    return refuse(
      "model_type",
      "models of this type are not written as GGUF",
      model.family,
      Object.keys(GGUF_WRITABLE).join(", "),
    );
  const vectors = new Map<string, Float32Array>();
  const found: [string, GgufValue | undefined][] =
    model.family === "gpt2" ? gpt2(model) : decoder(model, vectors, onWarning);
  const entries = found.flatMap(([key, value]) =>
    value === undefined ? [] : [[`${architecture}.${key}`, value] as const],
  );
  return { architecture, entries, vectors };
}

function refuse(at: string, message: string, found: unknown, expected?: unknown): never {
  throw new UserError({
    code: "gguf-unsupported",
    file: "the model's configuration",
    at,
    message,
    found,
    expected,
  });
}

function gpt2(model: CausalModel): [string, GgufValue | undefined][] {
  const c: Fields = model.config;
  expect(c, "activation_function", ["gelu_new", "gelu_pytorch_tanh", "gelu_fast"]);
  expect(c, "scale_attn_weights", [true]);
  expect(c, "scale_attn_by_inverse_layer_idx", [false]);
  return [
    ...shape(model),
    ["feed_forward_length", count((c.n_inner as number | null) ?? 4 * model.dim)],
    ["attention.layer_norm_epsilon", real(c.layer_norm_epsilon as number)],
  ];
}

function shape(model: CausalModel): [string, GgufValue][] {
  const positions = model.config.max_position_embeddings ?? model.config.n_positions;
  return [
    ["vocab_size", count(model.vocabSize)],
    ["block_count", count(model.layers)],
    ["context_length", count(typeof positions === "number" ? positions : model.contextLength)],
    ["embedding_length", count(model.dim)],
    ["attention.head_count", count(model.heads)],
    ["attention.head_count_kv", count(model.kvHeads)],
  ];
}

function expect(c: Fields, key: string, allowed: readonly unknown[]): void {
  if (!allowed.includes(c[key]))
    refuse(key, "cannot be said in GGUF", c[key], allowed.map((value) => String(value)).join(" or "));
}

function decoder(
  model: CausalModel,
  vectors: Map<string, Float32Array>,
  onWarning: (warning: string) => void,
): [string, GgufValue | undefined][] {
  const { config: c, family, headDim } = model as { config: Fields; family: string; headDim: number };
  const gemma = family.startsWith("gemma");
  const activation = family === "gemma2" || family === "gemma3_text" ? "hidden_activation" : "hidden_act";
  expect(c, activation, gemma ? ["gelu_pytorch_tanh"] : ["silu", "swish"]);
  if (family === "qwen3" || gemma) expect(c, "attention_bias", [false, undefined]);
  if (family.startsWith("qwen")) expect(c, "use_sliding_window", [false, undefined]);
  return [
    ...shape(model),
    ["feed_forward_length", count(c.intermediate_size as number)],
    ["attention.key_length", count(headDim)],
    ["attention.value_length", count(headDim)],
    ["attention.layer_norm_rms_epsilon", real(c.rms_norm_eps as number)],
    ...windows(model, onWarning),
    ...(family === "gemma2" || family === "gemma3_text" ? laterGemma(model) : []),
    ...rope(model, vectors),
  ];
}

function windows(model: CausalModel, onWarning: (warning: string) => void): [string, GgufValue][] {
  const { config: c, family } = model;
  if (family === "llama" || family === "gemma" || family.startsWith("qwen")) return [];
  const window = c.sliding_window === undefined && family === "mistral" ? 4096 : c.sliding_window;
  if (typeof window !== "number") return [];
  if (family === "mistral" && window < model.contextLength)
    onWarning(
      `llama.cpp lets a Mistral model see everything: beyond ${window} tokens its results will differ from this model's`,
    );
  return [["attention.sliding_window", count(window)]];
}

function laterGemma(model: CausalModel): [string, GgufValue | undefined][] {
  const { config: c, layers, dim, heads, headDim, family } = model;
  const second = family === "gemma2";
  const scalar = gemmaScalar(layers, second ? GEMMA2_27B : GEMMA3_27B, dim, heads, headDim);
  expect(c, "query_pre_attn_scalar", [scalar]);
  const pattern = second ? 2 : 6;
  const types = c.layer_types as readonly string[];
  if (types.some((type, i) => (type === "full_attention") !== ((i + 1) % pattern === 0)))
    refuse("layer_types", "cannot be said in GGUF", types, `every ${pattern}th layer with full attention`);
  const cap = (key: string): GgufValue | undefined => {
    const value = c[key];
    // What is absent is 50 and 30 to llama.cpp.
    if (typeof value !== "number")
      return second ? refuse(key, "cannot be said in GGUF", value, "a cap") : undefined;
    return real(value);
  };
  if (!second) expect(c, "attn_logit_softcapping", [null]);
  return [
    ["attn_logit_softcapping", second ? cap("attn_logit_softcapping") : undefined],
    ["final_logit_softcapping", cap("final_logit_softcapping")],
  ];
}

function rope(model: CausalModel, vectors: Map<string, Float32Array>): [string, GgufValue | undefined][] {
  const { config: c, family, headDim } = model;
  const layered = family === "gemma3_text";
  const both = c.rope_parameters as { full_attention: RopeConfig; sliding_attention: RopeConfig };
  const p = layered ? both.full_attention : (c.rope_parameters as RopeConfig);
  if (layered && both.sliding_attention.rope_type !== "default")
    refuse(
      "rope_parameters.sliding_attention",
      "cannot be said in GGUF",
      both.sliding_attention.rope_type,
      "default",
    );
  const turned = rotatedDimensions(p, headDim);
  const base: [string, GgufValue | undefined][] = [
    ["rope.dimension_count", count(turned)],
    ["rope.freq_base", real(p.rope_theta)],
    ["rope.freq_base_swa", layered ? real(both.sliding_attention.rope_theta) : undefined],
  ];
  switch (p.rope_type) {
    case "default":
      return base;
    case "linear":
      return [
        ...base,
        ["rope.scaling.type", { type: "string", value: "linear" }],
        ["rope.scaling.factor", real(p.factor)],
      ];
    case "llama3":
      if (family !== "llama" && family !== "mistral")
        return refuse("rope_parameters.rope_type", "cannot be said in GGUF for this model", p.rope_type);
      vectors.set("rope_freqs.weight", Float32Array.from(ropeDivisors(p, turned)));
      return base;
    case "yarn":
      return [...base, ...yarn(p, c.max_position_embeddings as number)];
    default:
      return refuse(
        "rope_parameters.rope_type",
        "cannot be said in GGUF",
        p.rope_type,
        "default, linear, llama3 or yarn",
      );
  }
}

function yarn(
  p: Extract<RopeConfig, { rope_type: "yarn" }>,
  positions: number,
): [string, GgufValue | undefined][] {
  if (p.mscale || p.mscale_all_dim || p.truncate === false)
    return refuse(
      "rope_parameters",
      "cannot be said in GGUF",
      "mscale, mscale_all_dim or truncate",
      "YaRN without them",
    );
  const own = 1 + 0.1 * Math.log(p.factor);
  const maybe = (value: number | null | undefined) => (typeof value === "number" ? real(value) : undefined);
  return [
    ["rope.scaling.type", { type: "string", value: "yarn" }],
    ["rope.scaling.factor", real(p.factor)],
    ["rope.scaling.original_context_length", count(p.original_max_position_embeddings ?? positions)],
    [
      "rope.scaling.attn_factor",
      typeof p.attention_factor === "number" ? real(p.attention_factor / own) : undefined,
    ],
    ["rope.scaling.yarn_beta_fast", maybe(p.beta_fast)],
    ["rope.scaling.yarn_beta_slow", maybe(p.beta_slow)],
  ];
}
