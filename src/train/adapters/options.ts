/** @file The settings of a new adapter, and adapter_config.json made of them: the one place where their names meet PEFT's. */

import { z } from "zod";
import { BIASES, type RawAdapterConfig } from "./config.js";
import type { Adaptable } from "./modules.js";
import { ALL_LINEAR } from "./targets.js";

const texts = z.union([z.string(), z.array(z.string()).min(1)]);
const rank = z.int().positive();

const targetFields = {
  targets: texts
    .default(ALL_LINEAR)
    .describe('modules to adapt: "all-linear", ends of their names, or a regular expression for whole names'),
  exclude: texts.optional().describe("modules not to adapt, likewise"),
  modulesToSave: z
    .array(z.string())
    .optional()
    .describe("modules that are trained whole and stored with the adapter (a classifier is one by itself)"),
};
const layerFields = {
  layers: z
    .union([z.int(), z.array(z.int()).min(1)])
    .optional()
    .describe("adapt these layers alone"),
  layersPattern: texts
    .optional()
    .describe("what stands before a layer's number in names, where that is not clear"),
};
const dropout = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe("share of the adapter's input that is dropped in training");

const loraFields = {
  ...targetFields,
  ...layerFields,
  rank: rank.default(8).describe("width of the adapter"),
  alpha: z
    .number()
    .positive()
    .optional()
    .describe("the adapter is multiplied with alpha / rank; by default alpha is twice the rank"),
  rankPattern: z.record(z.string(), rank).optional().describe("ranks of some modules, by regular expression"),
  alphaPattern: z
    .record(z.string(), z.number().positive())
    .optional()
    .describe("alphas of some modules, likewise"),
  rsLora: z.boolean().default(false).describe("multiply with alpha / √rank instead: for high ranks"),
  dropout,
  bias: z.enum(BIASES).default("none").describe("train biases too: none, all, or those of adapted modules"),
  loraBias: z.boolean().default(false).describe("give the adapter a bias of its own"),
  init: z
    .union([z.enum(["default", "gaussian", "pissa", "olora"]), z.string().regex(/^pissa_niter_\d+$/)])
    .default("default")
    .describe("where the adapter begins; pissa, olora: at the weights' main directions"),
};

export const AdapterOptions = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("lora"), ...loraFields }),
  z.strictObject({ method: z.literal("dora"), ...loraFields }),
  z.strictObject({
    method: z.literal("ia3"),
    ...targetFields,
    targets: texts.describe("modules to scale: keys, values, and the last product of the feed-forward"),
    feedForward: texts.describe("those of them whose input is scaled, not what comes out"),
  }),
  z.strictObject({
    method: z.literal("vera"),
    ...targetFields,
    ...layerFields,
    rank: rank.default(256).describe("width of the random projections"),
    dropout,
    dInitial: z.number().default(0.1).describe("where the vector between the projections begins"),
  }),
]);
export type AdapterOptions = z.input<typeof AdapterOptions>;
type Parsed = z.output<typeof AdapterOptions>;

/** As PEFT would write it for this model. */
export function configOf(options: Parsed, model: Adaptable): RawAdapterConfig {
  const task = taskOf(model);
  const saved = [
    ...(options.modulesToSave ?? []),
    ...(task === "SEQ_CLS" || task === "TOKEN_CLS" ? ["classifier", "score"] : []),
  ];
  const common = {
    auto_mapping: null,
    base_model_name_or_path: nameOf(model),
    exclude_modules: options.exclude ?? null,
    fan_in_fan_out: model.family === "gpt2",
    inference_mode: true,
    modules_to_save: saved.length === 0 ? null : [...new Set(saved)],
    revision: null,
    target_modules: options.targets,
    task_type: task,
  };
  switch (options.method) {
    case "ia3":
      return {
        ...common,
        peft_type: "IA3",
        feedforward_modules: options.feedForward,
        init_ia3_weights: true,
      };
    case "vera":
      return {
        ...common,
        ...layersOf(options),
        peft_type: "VERA",
        bias: "none",
        d_initial: options.dInitial,
        init_weights: true,
        projection_prng_key: 0,
        r: options.rank,
        save_projection: true,
        vera_dropout: options.dropout,
      };
    default:
      return {
        ...common,
        ...layersOf(options),
        peft_type: "LORA",
        alpha_pattern: options.alphaPattern ?? {},
        bias: options.bias,
        init_lora_weights: options.init === "default" ? true : options.init,
        lora_alpha: options.alpha ?? 2 * options.rank,
        lora_bias: options.loraBias,
        lora_dropout: options.dropout,
        r: options.rank,
        rank_pattern: options.rankPattern ?? {},
        use_dora: options.method === "dora",
        use_rslora: options.rsLora,
      };
  }
}

function layersOf({ layers, layersPattern }: Pick<Parsed & { method: "lora" }, "layers" | "layersPattern">) {
  return { layers_to_transform: layers ?? null, layers_pattern: layersPattern ?? null };
}

/** PEFT's name of what the model is for; it decides which class loads the adapter there. */
export function taskOf({ config, parameters }: Adaptable): string | null {
  const architecture = Array.isArray(config.architectures) ? String(config.architectures[0]) : "";
  if (parameters.has("score.weight")) return parameters.has("score.bias") ? "TOKEN_CLS" : "SEQ_CLS";
  if (architecture.endsWith("ForSequenceClassification")) return "SEQ_CLS";
  if (architecture.endsWith("ForTokenClassification")) return "TOKEN_CLS";
  if (/ForConditionalGeneration$|MTModel$/.test(architecture)) return "SEQ_2_SEQ_LM";
  return /ForCausalLM$|LMHeadModel$/.test(architecture) ? "CAUSAL_LM" : null;
}

function nameOf({ config }: Adaptable): string | null {
  const { _name_or_path: name } = config;
  return typeof name === "string" && name !== "" ? name : null;
}
