/** @file The families, found by `model_type`. */

import { nearest, UserError } from "../platform/errors.js";
import { bart } from "./bart/index.js";
import { bert, distilbert } from "./bert/index.js";
import type { Family, FamilyOf, ModelKind, RawConfig } from "./family.js";
import { gemma } from "./gemma/index.js";
import { gpt2 } from "./gpt2/index.js";
import { gptNeox } from "./gptNeox/index.js";
import { gptOss } from "./gptOss/index.js";
import { llama } from "./llama/index.js";
import { mixtral } from "./mixtral/index.js";
import { modernbert } from "./modernbert/index.js";
import { olmo2 } from "./olmo2/index.js";
import { phi3 } from "./phi3/index.js";
import { qwen3Moe } from "./qwen3Moe/index.js";
import { smollm3 } from "./smollm3/index.js";
import { t5 } from "./t5/index.js";
import { transformer } from "./transformer/index.js";

export const families: readonly Family[] = [
  gpt2,
  gptNeox,
  llama,
  gemma,
  phi3,
  olmo2,
  smollm3,
  mixtral,
  qwen3Moe,
  gptOss,
  bert,
  distilbert,
  modernbert,
  bart,
  t5,
  transformer,
];

/** The family of that kind. Throws UserError where the type is unknown or of another kind. */
export function familyFor<K extends ModelKind>(config: RawConfig, kind: K, file?: string): FamilyOf<K> {
  const family = anyFamilyFor(config, file);
  if (isKind(family, kind)) return family;
  throw new UserError({
    code: "model-kind",
    file: file ?? "the model's configuration",
    at: "model_type",
    message: `is ${WHAT[family.kind]}`,
    found: config.model_type,
    expected: WHAT[kind],
  });
}

export function anyFamilyFor(config: RawConfig, file?: string): Family {
  const type = config.model_type;
  const family = families.find((f) => f.modelTypes.some((t) => t === type));
  if (family !== undefined) return family;
  const known = families.flatMap((f) => f.modelTypes);
  const close = typeof type === "string" ? nearest(type, known) : undefined;
  throw new UserError({
    code: "model-type-unknown",
    file: file ?? "the model's configuration",
    at: "model_type",
    message: "no model of this type is known here",
    found: type,
    expected: known.join(", "),
    fix: close === undefined ? undefined : `did you mean ${JSON.stringify(close)}?`,
  });
}

const WHAT: Readonly<Record<ModelKind, string>> = {
  causal: "a decoder, which continues text (gpt2, llama)",
  encoder: "an encoder, which reads text (bert)",
  seq2seq: "an encoder and decoder, which rewrites text (marian, t5)",
};

function isKind<K extends ModelKind>(family: Family, kind: K): family is Family & FamilyOf<K> {
  return family.kind === kind;
}
