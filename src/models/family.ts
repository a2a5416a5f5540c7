/** @file A family of models: what its config.json means, one table of parameters, and how a model is built from both.
 *
 *  The table is the only place that knows names, shapes and initial values: initialisation, the check of a checkpoint,
 *  the parameter count and the memory plan all come from it. */

import type { z } from "zod";
import { UserError } from "../platform/errors.js";
import { type Engine, sizeOf, type Tensor } from "../tensor/index.js";
import type { EncoderHead, EncoderModel } from "./encoderModel.js";
import type { CausalModel } from "./model.js";
import type { Seq2SeqModel } from "./seq2seqModel.js";

export type Init =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "constant"; readonly value: number };

export const normal = (std: number): Init => ({ kind: "normal", std });
export const zeros: Init = { kind: "constant", value: 0 };
export const ones: Init = { kind: "constant", value: 1 };

/** Name in model.safetensors, shape, initial values. */
export type ParameterRow = readonly [name: string, shape: readonly number[], init: Init];

export interface ParameterTable {
  readonly rows: readonly ParameterRow[];
  /** Tensors of the file that the model uses and nobody trains: a fixed bias of the logits, say. */
  readonly buffers?: readonly ParameterRow[];
  /** Published names that share the memory of a parameter: { "lm_head.weight": "transformer.wte.weight" }. */
  readonly tied: Readonly<Record<string, string>>;
  /** The table's name for a name met in a published file (the same if it is none of its aliases). */
  canonical(published: string): string;
  /** Buffers that old files hold and that are no parameters (masks, rotary frequencies). By canonical name. */
  ignored(canonical: string): boolean;
  /** What becomes of a parameter that a file lacks. "new": it belongs to a head and is drawn at random where the caller
   *  asked for that head; "without": the model does without it. Default: always an error. */
  absent?(name: string): "new" | "without" | undefined;
}

export type Parameters = ReadonlyMap<string, Tensor>;
export type RawConfig = Readonly<Record<string, unknown>>;

/** What the transformer's three shapes differ in here: the model that is built, and the heads it may carry. */
export interface ModelKinds {
  /** GPT's decoder. "none": the body alone, for heads that are not a language model's. */
  causal: { model: CausalModel; head: "lm" | "none" };
  /** BERT's encoder. */
  encoder: { model: EncoderModel; head: EncoderHead };
  /** The original: an encoder, and a decoder that looks at it. */
  seq2seq: { model: Seq2SeqModel; head: "lm" };
}

export type ModelKind = keyof ModelKinds;
export type ModelOf<K extends ModelKind> = ModelKinds[K]["model"];
export type HeadOf<K extends ModelKind> = ModelKinds[K]["head"];

export interface FamilyDefinition<K extends ModelKind, Config> {
  readonly kind: K;
  /** Values of `model_type`. */
  readonly modelTypes: readonly string[];
  /** For each of them, the class that config.json names under `architectures`. */
  readonly architectures: readonly string[];
  /** The class where it depends on the head too; default: that of `architectures`. */
  architecture?(config: Config, head: HeadOf<K>): string;
  /** Published names, today's spelling and that before transformers 5; unknown keys are kept. */
  readonly config: z.ZodType<Config>;
  /** The head where the caller names none: what the configuration says. */
  head(config: Config): HeadOf<K>;
  parameters(config: Config, head: HeadOf<K>): ParameterTable;
  build(config: Config, parameters: Parameters, engine: Engine, head: HeadOf<K>): ModelOf<K>;
}

/** A family with its configuration read: nothing below depends on the configuration's type. */
export interface PreparedModel<K extends ModelKind> {
  readonly architecture: string;
  /** With defaults filled in, in today's spelling, `architectures` as built: what is saved. */
  readonly config: RawConfig;
  readonly table: ParameterTable;
  build(parameters: Parameters, engine: Engine): ModelOf<K>;
}

export interface FamilyOf<K extends ModelKind> {
  readonly kind: K;
  readonly modelTypes: readonly string[];
  readonly architectures: readonly string[];
  /** `file`: where the configuration was read, for messages. Throws UserError where it makes no sense. */
  prepare(
    config: RawConfig,
    options?: { readonly head?: HeadOf<K> | undefined; readonly file?: string | undefined },
  ): PreparedModel<K>;
}

export type Family = { [K in ModelKind]: FamilyOf<K> }[ModelKind];

export function defineFamily<K extends ModelKind, Config extends object>(
  definition: FamilyDefinition<K, Config>,
): FamilyOf<K> {
  const { kind, modelTypes, architectures } = definition;
  return {
    kind,
    modelTypes,
    architectures,
    prepare(raw, options = {}) {
      const parsed = parseConfig(definition.config, raw, options.file);
      const head = options.head ?? definition.head(parsed);
      const architecture =
        definition.architecture?.(parsed, head) ?? architectures[modelTypes.indexOf(String(raw.model_type))]!;
      const config = { ...parsed, architectures: [architecture] };
      return {
        architecture,
        config,
        table: definition.parameters(config, head),
        build: (parameters, engine) => definition.build(config, parameters, engine, head),
      };
    },
  };
}

/** Parameters and buffers. */
export function allRows(table: ParameterTable): readonly ParameterRow[] {
  return table.buffers === undefined ? table.rows : [...table.rows, ...table.buffers];
}

/** Buffers are not trained. */
export function freeze(table: ParameterTable, parameters: Parameters): void {
  for (const [name] of table.buffers ?? []) parameters.get(name)!.requiresGrad = false;
}

export function parameterCount(table: ParameterTable): number {
  return table.rows.reduce((n, [, shape]) => n + sizeOf(shape), 0);
}

/** Throws UserError `config-invalid`. */
export function parseConfig<Config>(
  schema: z.ZodType<Config>,
  raw: RawConfig,
  file: string | undefined,
): Config {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    raw,
  );
  throw new UserError({
    code: "config-invalid",
    file: file ?? "the model's configuration",
    at: issue.path.join(".") || undefined,
    message: `${issue.message[0]!.toLowerCase()}${issue.message.slice(1)}`,
    found: typeof found === "object" && found !== null ? JSON.stringify(found) : found,
  });
}
