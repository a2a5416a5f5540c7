/** @file Configuration of Llama and its relatives under the published names. Before transformers 5 the rotary settings were
 *  `rope_theta` and `rope_scaling` (its kind under `type` at first); now they are one `rope_parameters`. A relative's
 *  fixed choice that its files do not spell out (Qwen2's biases, say) is a function of `model_type` below. */

import { z } from "zod";
import { activation, positive, size, specialTokens } from "../configFields.js";

const trained = { original_max_position_embeddings: size.nullish() };
const RopeParameters = z.discriminatedUnion("rope_type", [
  z.looseObject({ rope_type: z.literal("default"), rope_theta: positive }),
  z.looseObject({ rope_type: z.literal("linear"), rope_theta: positive, factor: positive }),
  z.looseObject({ rope_type: z.literal("dynamic"), rope_theta: positive, factor: positive, ...trained }),
  z.looseObject({
    rope_type: z.literal("llama3"),
    rope_theta: positive,
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: size,
  }),
  z.looseObject({
    rope_type: z.literal("yarn"),
    rope_theta: positive,
    factor: positive,
    ...trained,
    attention_factor: z.number().nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().optional(),
  }),
  z.looseObject({
    rope_type: z.literal("longrope"),
    rope_theta: positive,
    factor: positive.nullish(),
    ...trained,
    attention_factor: z.number().nullish(),
    short_factor: z.array(positive),
    long_factor: z.array(positive),
  }),
]);

export const LLAMA_TYPES = ["llama", "mistral", "qwen2", "qwen3"] as const;

export const LlamaConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.enum(LLAMA_TYPES),
      vocab_size: size,
      hidden_size: size,
      intermediate_size: size,
      num_hidden_layers: size,
      num_attention_heads: size,
      num_key_value_heads: size,
      head_dim: z.int("hidden_size is not divisible by num_attention_heads").positive(),
      hidden_act: activation.default("silu"),
      max_position_embeddings: size,
      initializer_range: positive.default(0.02),
      rms_norm_eps: positive.default(1e-6),
      tie_word_embeddings: z.boolean().default(false),
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      rope_parameters: RopeParameters,
      sliding_window: size.nullish(),
      use_sliding_window: z.boolean().optional(),
      max_window_layers: z.int().nonnegative().optional(),
      layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
      ...specialTokens,
    }),
  )
  .superRefine((c, context) => {
    const issue = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (c.num_attention_heads % c.num_key_value_heads !== 0)
      issue(
        "num_key_value_heads",
        `num_attention_heads ${c.num_attention_heads} is not divisible by num_key_value_heads ${c.num_key_value_heads}`,
      );
    if (c.head_dim % 2 !== 0) issue("head_dim", "rotary positions need an even head_dim");
    if (c.layer_types && c.layer_types.length !== c.num_hidden_layers)
      issue("layer_types", `there are ${c.num_hidden_layers} layers, but ${c.layer_types.length} types`);
    const { rope_parameters: rope } = c;
    if (
      rope.rope_type === "longrope" &&
      (rope.short_factor.length !== c.head_dim / 2 || rope.long_factor.length !== c.head_dim / 2)
    ) {
      issue("rope_parameters", `short_factor and long_factor need ${c.head_dim / 2} numbers each`);
    }
  });

export type LlamaConfig = z.infer<typeof LlamaConfig>;

/** What a key that is absent means, where it depends on the type. */
const ABSENT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  llama: { max_position_embeddings: 2048 },
  mistral: { max_position_embeddings: 131_072, sliding_window: 4096 },
  qwen2: { max_position_embeddings: 32_768, sliding_window: 4096 },
  qwen3: { max_position_embeddings: 32_768, sliding_window: 4096, head_dim: 128 },
};

/** Today's spelling, with what follows from other fields filled in. */
function today(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const given = raw as Record<string, unknown>;
  const c: Record<string, unknown> = { ...ABSENT[String(given.model_type)], ...given };
  c.num_key_value_heads ??= c.num_attention_heads;
  const [width, heads] = [c.hidden_size, c.num_attention_heads];
  if (typeof width === "number" && typeof heads === "number") {
    if (c.head_dim === undefined || c.head_dim === null) c.head_dim = width / heads;
  }
  c.rope_parameters = ropeParameters(c);
  delete c.rope_theta;
  delete c.rope_scaling;
  if (c.dtype === undefined && c.torch_dtype !== undefined) c.dtype = c.torch_dtype;
  delete c.torch_dtype;
  return c;
}

function ropeParameters(c: Record<string, unknown>): unknown {
  const given = c.rope_parameters ?? c.rope_scaling ?? {};
  if (typeof given !== "object") return given;
  const { type, ...rest } = given as Record<string, unknown>;
  const kind = rest.rope_type ?? type ?? "default";
  return {
    ...rest,
    rope_type: kind === "su" ? "longrope" : kind,
    rope_theta: rest.rope_theta ?? c.rope_theta ?? 10_000,
    ...(c.original_max_position_embeddings === undefined
      ? {}
      : { original_max_position_embeddings: c.original_max_position_embeddings }),
  };
}

/** Which projections have a bias. Qwen2: q, k and v, always. */
export function biases(c: LlamaConfig): { qkv: boolean; o: boolean; mlp: boolean } {
  if (c.model_type === "qwen2") return { qkv: true, o: false, mlp: false };
  if (c.model_type === "mistral") return { qkv: false, o: false, mlp: false };
  return { qkv: c.attention_bias, o: c.attention_bias, mlp: c.model_type === "llama" && c.mlp_bias };
}

/** The sliding window of a layer, undefined where it sees everything before it. */
export function windowOf(c: LlamaConfig, layer: number): number | undefined {
  const window = c.sliding_window ?? undefined;
  if (c.model_type === "llama") return undefined;
  if (c.model_type === "mistral") return window;
  if (c.use_sliding_window !== true) return undefined;
  if (c.layer_types) return c.layer_types[layer] === "sliding_attention" ? window : undefined;
  return layer >= (c.max_window_layers ?? 28) ? window : undefined;
}
