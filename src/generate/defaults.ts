/** @file The defaults that a model folder gives in generation_config.json: end tokens, and how to sample where it says so.
 *  Lengths are the caller's, and so is greedy decoding: `do_sample` false is what the file says by default, so it is
 *  taken for silence. */

import { UserError } from "../platform/errors.js";
import { exists, joinPath, readJson } from "../platform/files.js";
import type { GenerateOptions } from "./options.js";

const NUMBERS = {
  temperature: "temperature",
  top_k: "topK",
  top_p: "topP",
  min_p: "minP",
  typical_p: "typicalP",
  repetition_penalty: "repetitionPenalty",
  no_repeat_ngram_size: "noRepeatNgramSize",
} as const;

const fileOf = (folder: string) => joinPath(folder, "generation_config.json");

/** generation_config.json as it stands; {} where there is none. */
export function generationConfig(folder: string): Readonly<Record<string, unknown>> {
  if (!exists(fileOf(folder))) return {};
  const config = readJson(fileOf(folder));
  if (typeof config !== "object" || config === null)
    throw new UserError({ code: "config-invalid", file: fileOf(folder), message: "is not a JSON object" });
  return config as Readonly<Record<string, unknown>>;
}

export function generationDefaults(folder: string): GenerateOptions {
  const file = fileOf(folder);
  const values = generationConfig(folder);
  const defaults: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(NUMBERS)) {
    const value = values[key] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== "number")
      throw new UserError({
        code: "config-invalid",
        file,
        at: key,
        message: "cannot be used",
        found: value,
        expected: "a number",
      });
    defaults[name] = value;
  }
  const eos = [values.eos_token_id ?? []].flat();
  if (eos.some((id) => !Number.isInteger(id)))
    throw new UserError({
      code: "config-invalid",
      file,
      at: "eos_token_id",
      message: "cannot be used",
      found: eos,
      expected: "an id or a list of ids",
    });
  if (eos.length > 0) defaults.eosTokenIds = eos;
  return defaults as GenerateOptions;
}
