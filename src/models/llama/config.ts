/** @file Configuration of Llama, Mistral, Qwen2 and Qwen3 under the published names, and what it says of the architecture.
 *  A relative's fixed choice that its files do not spell out (Qwen2's biases, say) is a function of `model_type` below. */

import { z } from "zod";
import type { PublishedActivation } from "../../nn/index.js";
import { size } from "../configFields.js";
import { normal } from "../family.js";
import { type GatedFeedForwardOptions, gatedFeedForward } from "../parts/gatedFeedForward.js";
import type { FeedForward } from "../parts/part.js";
import type { Architecture } from "./architecture.js";
import { checkDecoder, commonFields, isFields, layerTypes, spelledToday } from "./configParts.js";

export const LLAMA_TYPES = ["llama", "mistral", "qwen2", "qwen3"] as const;

export const LlamaConfig = z
  .preprocess(
    (raw) => (isFields(raw) ? spelledToday(raw, { absent: ABSENT[String(raw.model_type)] ?? {} }) : raw),
    z.looseObject({
      model_type: z.enum(LLAMA_TYPES),
      ...commonFields,
      tie_word_embeddings: z.boolean().default(false),
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      sliding_window: size.nullish(),
      use_sliding_window: z.boolean().optional(),
      max_window_layers: z.int().nonnegative().optional(),
      layer_types: layerTypes.nullish(),
    }),
  )
  .superRefine((c, context) => checkDecoder(c, [c.rope_parameters], context));

export type LlamaConfig = z.infer<typeof LlamaConfig>;

/** What a key that is absent means, where it depends on the type. */
const ABSENT: Readonly<Record<string, Record<string, unknown>>> = {
  llama: { max_position_embeddings: 2048 },
  mistral: { max_position_embeddings: 131_072 },
  qwen2: { max_position_embeddings: 32_768 },
  qwen3: { max_position_embeddings: 32_768, head_dim: 128 },
};

export function llamaArchitecture(c: LlamaConfig): Architecture {
  const { qkv, o, mlp } = biases(c);
  const part = feedForwardOf(c, { biased: mlp });
  return {
    ...shapeOf(c),
    norm: { eps: c.rms_norm_eps, offset: 0, place: "before" },
    attention: {
      scale: 1 / Math.sqrt(c.head_dim),
      biases: { qkv, o },
      qkNorm: c.model_type === "qwen3" ? "head" : undefined,
      window: (layer) => windowOf(c, layer),
    },
    rope: () => c.rope_parameters,
    feedForward: () => ({ name: "mlp", part }),
  };
}

/** The numbers that every relative's configuration spells alike. */
export function shapeOf(c: {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings: boolean;
  readonly initializer_range: number;
  readonly attention_dropout?: number | null | undefined;
}) {
  return {
    vocab: c.vocab_size,
    dim: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads,
    headDim: c.head_dim,
    maxPositions: c.max_position_embeddings,
    tied: c.tie_word_embeddings,
    initStd: c.initializer_range,
    attentionDropout: c.attention_dropout ?? 0,
  };
}

/** The feed-forward of those that spell it as Llama does. */
export function feedForwardOf(
  c: {
    readonly hidden_size: number;
    readonly intermediate_size: number;
    readonly hidden_act: PublishedActivation;
    readonly initializer_range: number;
  },
  options: Pick<GatedFeedForwardOptions, "biased" | "fused"> = {},
): FeedForward {
  return gatedFeedForward({
    dim: c.hidden_size,
    inner: c.intermediate_size,
    activation: c.hidden_act,
    init: normal(c.initializer_range),
    ...options,
  });
}

/** Which projections have a bias. Qwen2: q, k and v, always. */
function biases(c: LlamaConfig): { qkv: boolean; o: boolean; mlp: boolean } {
  if (c.model_type === "qwen2") return { qkv: true, o: false, mlp: false };
  if (c.model_type === "mistral") return { qkv: false, o: false, mlp: false };
  return { qkv: c.attention_bias, o: c.attention_bias, mlp: c.model_type === "llama" && c.mlp_bias };
}

/** The sliding window of a layer, undefined where it sees everything before it. */
function windowOf(c: LlamaConfig, layer: number): number | undefined {
  // Absent is 4096 where the type has windows; null is none.
  const window = c.sliding_window === undefined ? 4096 : (c.sliding_window ?? undefined);
  if (c.model_type === "llama") return undefined;
  if (c.model_type === "mistral") return window;
  if (c.use_sliding_window !== true) return undefined;
  if (c.layer_types) return c.layer_types[layer] === "sliding_attention" ? window : undefined;
  return layer >= (c.max_window_layers ?? 28) ? window : undefined;
}
