/** @file adapter_config.json as PEFT writes it: the keys that matter here, under their published names. Keys that are not known are
 *  kept and written again; those that would change what the adapter computes, and are not done here, are an error. */

import { z } from "zod";
import { UserError } from "../../platform/errors.js";

const names = z.array(z.string());
const text = z.union([z.string(), names]);
const patterns = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string(), value)
    .nullish()
    .transform((p): Readonly<Record<string, z.output<T>>> => p ?? {});
const optional = <T extends z.ZodType>(value: T) => value.nullish().transform((v) => v ?? undefined);
const flag = z
  .boolean()
  .nullish()
  .transform((v) => v ?? false);
const rate = z
  .number()
  .min(0)
  .max(1)
  .nullish()
  .transform((v) => v ?? 0);

const common = {
  target_modules: text,
  exclude_modules: optional(text),
  modules_to_save: optional(names),
  task_type: optional(z.string()),
};
const layers = {
  layers_to_transform: optional(z.union([z.int(), z.array(z.int())])),
  layers_pattern: optional(text),
};
export const BIASES = ["none", "all", "lora_only"] as const;

const LoraConfig = z.looseObject({
  peft_type: z.literal("LORA"),
  ...common,
  ...layers,
  r: z.int().positive(),
  lora_alpha: z.number(),
  use_rslora: flag,
  use_dora: flag,
  lora_bias: flag,
  lora_dropout: rate,
  bias: z.enum(BIASES).default("none"),
  rank_pattern: patterns(z.int().positive()),
  alpha_pattern: patterns(z.number()),
  init_lora_weights: z.union([z.boolean(), z.string()]).default(true),
  ensure_weight_tying: flag,
});

const Ia3Config = z.looseObject({
  peft_type: z.literal("IA3"),
  ...common,
  feedforward_modules: optional(text),
  init_ia3_weights: z.boolean().default(true),
});

const VeraConfig = z.looseObject({
  peft_type: z.literal("VERA"),
  ...common,
  ...layers,
  r: z.int().positive(),
  vera_dropout: rate,
  d_initial: z.number().default(0.1),
  save_projection: z.boolean().default(true),
  bias: z.literal("none", 'only "none" is supported with VeRA').default("none"),
});

export const AdapterConfig = z.discriminatedUnion("peft_type", [LoraConfig, Ia3Config, VeraConfig]);
export type AdapterConfig = z.output<typeof AdapterConfig>;
export type LoraConfig = z.output<typeof LoraConfig>;
export type Ia3Config = z.output<typeof Ia3Config>;
export type VeraConfig = z.output<typeof VeraConfig>;
export type RawAdapterConfig = Readonly<Record<string, unknown>>;

/** Keys that change what LoRA computes, and what they may hold here. */
const NOT_HERE = [
  "alora_invocation_tokens",
  "arrow_config",
  "kasa_config",
  "layer_replication",
  "megatron_config",
  "monteclora_config",
  "target_parameters",
  "trainable_token_indices",
  "use_bdlora",
  "use_qalora",
  "velora_config",
];

/** Throws UserError: `adapter-config-invalid`, `adapter-unsupported`. */
export function parseAdapterConfig(raw: unknown, file: string): AdapterConfig {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new UserError({ code: "adapter-config-invalid", file, message: "is not a JSON object" });
  const config = raw as RawAdapterConfig;
  const type = config.peft_type;
  if (type !== "LORA" && type !== "IA3" && type !== "VERA")
    throw new UserError({
      code: "adapter-unsupported",
      file,
      at: "peft_type",
      message: "is a kind of adapter that is not known here",
      found: type,
      expected: "LORA, IA3 or VERA",
    });
  const odd = NOT_HERE.find((key) => isSet(config[key]));
  if (odd !== undefined)
    throw new UserError({
      code: "adapter-unsupported",
      file,
      at: odd,
      message: "asks for something that is not done here, and without which the adapter is another",
      found: JSON.stringify(config[odd]),
    });
  const parsed = AdapterConfig.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new UserError({
    code: "adapter-config-invalid",
    file,
    at: issue.path.join("."),
    message: `${issue.message[0]!.toLowerCase()}${issue.message.slice(1)}`,
    found: JSON.stringify(config[String(issue.path[0])]),
  });
}

/** Not null, false, or empty. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** What a module's product is multiplied with: α/r, with rank-stabilised LoRA α/√r. */
export function loraScale(alpha: number, rank: number, stabilised: boolean): number {
  return alpha / (stabilised ? Math.sqrt(rank) : rank);
}
