/** @file Configuration of Gemma 1, 2 and 3 under the published names. The activation is `hidden_act` in the first, where the
 *  first releases wrote "gelu" and meant its tanh form, and `hidden_activation` later. Gemma 3 has rotary settings for each
 *  kind of layer: today under `rope_parameters`, before transformers 5 as `rope_theta`, `rope_scaling` (full attention only)
 *  and `rope_local_base_freq`. The files of its multimodal sizes hold the language model's settings in `text_config`. */

import { z } from "zod";
import { activation, issue, positive, size } from "../configFields.js";
import {
  checkDecoder,
  decoderFields,
  type Fields,
  isFields,
  layerTypes,
  spelledToday,
  withDefaults,
} from "../llama/configParts.js";
import { RopeConfig, ropeToday } from "../parts/rope.js";

export const GEMMA_TYPES = ["gemma", "gemma2", "gemma3_text"] as const;

const TanhGelu = "gelu_pytorch_tanh";

const fields = {
  ...decoderFields,
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  use_bidirectional_attention: z
    .literal(false, "a Gemma that sees all tokens (an embedding model) is not supported")
    .nullish(),
};

const layered = {
  hidden_activation: activation.default(TanhGelu),
  query_pre_attn_scalar: positive.default(256),
  sliding_window: size,
  layer_types: layerTypes,
  attn_logit_softcapping: positive.nullable().default(null),
  final_logit_softcapping: positive.nullable().default(null),
};

const Gemma1 = z.looseObject({
  model_type: z.literal("gemma"),
  ...fields,
  hidden_act: activation.default(TanhGelu),
  rope_parameters: RopeConfig,
});
const Gemma2 = z.looseObject({
  model_type: z.literal("gemma2"),
  ...fields,
  ...layered,
  rope_parameters: RopeConfig,
});
const Gemma3 = z.looseObject({
  model_type: z.literal("gemma3_text"),
  ...fields,
  ...layered,
  rope_parameters: z.object({ full_attention: RopeConfig, sliding_attention: RopeConfig }),
});

export const GemmaConfig = z
  .preprocess(today, z.discriminatedUnion("model_type", [Gemma1, Gemma2, Gemma3]))
  .superRefine((c, context) => {
    checkDecoder(c as Parameters<typeof checkDecoder>[0], ropesOf(c), context);
    if (c.model_type === "gemma" && c.rope_parameters.rope_type !== "default")
      issue(context, "rope_parameters", "Gemma 1 has plain rotary positions");
  });

export type GemmaConfig = z.infer<typeof GemmaConfig>;

export function ropesOf(c: GemmaConfig): readonly RopeConfig[] {
  if (c.model_type !== "gemma3_text") return [c.rope_parameters];
  return [c.rope_parameters.full_attention, c.rope_parameters.sliding_attention];
}

const ABSENT: Readonly<Record<string, Fields>> = {
  gemma: { max_position_embeddings: 8192, head_dim: 256 },
  gemma2: {
    max_position_embeddings: 8192,
    head_dim: 256,
    sliding_window: 4096,
  },
  gemma3_text: {
    vocab_size: 262_208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
  },
};

function today(raw: unknown): unknown {
  if (!isFields(raw)) return raw;
  const given = textModel(raw);
  const type = String(given.model_type);
  const c = withDefaults(given, ABSENT[type] ?? {});
  if (type === "gemma") return gemma1(c);
  if (type === "gemma2") {
    // Absent and null differ: null is no cap.
    if (c.attn_logit_softcapping === undefined) c.attn_logit_softcapping = 50;
    if (c.final_logit_softcapping === undefined) c.final_logit_softcapping = 30;
  }
  c.layer_types ??= layersOf(c.num_hidden_layers, type === "gemma2" ? 2 : (patternOf(c) ?? 6));
  if (type === "gemma3_text") c.rope_parameters = ropeByLayer(c);
  delete c.sliding_window_pattern;
  delete c._sliding_window_pattern;
  const spelled = spelledToday(c);
  if (type === "gemma3_text") spelled.rope_parameters = c.rope_parameters;
  delete spelled.rope_local_base_freq;
  return spelled;
}

function gemma1(c: Fields): Fields {
  const act = c.hidden_activation ?? c.hidden_act;
  const { hidden_activation: _, ...rest } = c;
  return spelledToday({ ...rest, hidden_act: act === "gelu" || act === undefined ? TanhGelu : act });
}

/** The language model of a multimodal file. */
function textModel(raw: Fields): Fields {
  if (!isFields(raw.text_config)) return raw;
  const { text_config: text, vision_config: _, architectures, dtype, torch_dtype, ...outer } = raw;
  const shared = Object.fromEntries(
    ["bos_token_id", "eos_token_id", "pad_token_id", "tie_word_embeddings", "initializer_range"]
      .filter((key) => outer[key] !== undefined)
      .map((key) => [key, outer[key]]),
  );
  return { ...shared, architectures, dtype: dtype ?? torch_dtype, ...text, model_type: "gemma3_text" };
}

function patternOf(c: Fields): number | undefined {
  const pattern = c.sliding_window_pattern ?? c._sliding_window_pattern;
  return typeof pattern === "number" && pattern > 0 ? pattern : undefined;
}

/** Every `pattern`-th layer sees everything. */
function layersOf(layers: unknown, pattern: number): unknown {
  if (typeof layers !== "number" || !Number.isSafeInteger(layers) || layers > 1e6) return [];
  return Array.from({ length: Math.max(0, layers) }, (_, i) =>
    (i + 1) % pattern === 0 ? "full_attention" : "sliding_attention",
  );
}

function ropeByLayer(c: Fields): unknown {
  const given = c.rope_parameters;
  if (isFields(given) && (given.full_attention !== undefined || given.sliding_attention !== undefined))
    return {
      full_attention: ropeToday({ rope_parameters: given.full_attention }, 1_000_000),
      sliding_attention: ropeToday({ rope_parameters: given.sliding_attention }, 10_000),
    };
  return {
    full_attention: ropeToday(c, 1_000_000),
    sliding_attention: { rope_type: "default", rope_theta: c.rope_local_base_freq ?? 10_000 },
  };
}
