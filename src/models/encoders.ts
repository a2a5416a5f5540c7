/** @file Encoders made: new ones, and ones from a folder in Hugging Face's layout. The head is the one config.json names, or
 *  the one asked for: what a file lacks of that is drawn from a seed, as fine-tuning begins; a body must be whole. */

import type { Engine } from "../tensor/index.js";
import { initialise } from "./create.js";
import type { EncoderHead, EncoderModel, ProblemType } from "./encoderModel.js";
import type { RawConfig } from "./family.js";
import { type LoadModelOptions, loadParameters, readConfig } from "./load.js";
import { familyFor } from "./registry.js";

/** What a head is to be; whatever is not given is as config.json says. */
export interface HeadRequest {
  readonly head?: EncoderHead | undefined;
  /** Heads "sequence" and "token": how many scores, or their names (`id2label`). */
  readonly labels?: number | readonly string[] | undefined;
  readonly problem?: ProblemType | undefined;
}

export interface CreateEncoderOptions extends HeadRequest {
  /** As config.json: `model_type` and the family's fields. */
  readonly config: RawConfig;
  readonly engine: Engine;
  /** 0 … 2⁵³−1 */
  readonly seed: number;
}

/** Throws UserError where the configuration makes no sense. */
export function createEncoder(options: CreateEncoderOptions): EncoderModel {
  const { engine, seed, head } = options;
  const config = withHead(options.config, options);
  const prepared = familyFor(config, "encoder").prepare(config, { head });
  return prepared.build(initialise(prepared.table, engine, seed), engine);
}

export interface LoadEncoderOptions extends LoadModelOptions, HeadRequest {
  /** For parameters of the head asked for that the file lacks; default 0. */
  readonly seed?: number;
  /** Draw the head's parameters anew where the file's have another shape (other labels), which is otherwise an error. */
  readonly replaceHead?: boolean;
}

/** Throws UserError as `loadModel` does. */
export function loadEncoder(folder: string, options: LoadEncoderOptions): EncoderModel {
  const { head, seed = 0, replaceHead = false } = options;
  const { file, config: stored } = readConfig(folder, options.configName);
  const config = withHead(stored, options);
  const prepared = familyFor(config, "encoder", file).prepare(config, { file, head });
  const newHead = head === undefined ? undefined : { seed, replace: replaceHead };
  return prepared.build(loadParameters(folder, prepared.table, options, newHead), options.engine);
}

function withHead(config: RawConfig, { labels, problem }: HeadRequest): RawConfig {
  const names = typeof labels === "number" ? Array.from({ length: labels }, (_, i) => `LABEL_${i}`) : labels;
  return {
    ...config,
    ...(names && {
      num_labels: undefined,
      id2label: Object.fromEntries(names.map((name, i) => [i, name])),
      label2id: Object.fromEntries(names.map((name, i) => [name, i])),
      // What fitted the labels before.
      problem_type: undefined,
    }),
    ...(problem && { problem_type: problem }),
  };
}
