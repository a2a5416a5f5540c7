/** @file The families, found by `model_type`. */

import { nearest, UserError } from "../platform/errors.js";
import type { Family, RawConfig } from "./family.js";
import { gpt2 } from "./gpt2/index.js";
import { llama } from "./llama/index.js";

export const families: readonly Family[] = [gpt2, llama];

export function familyFor(config: RawConfig, file?: string): Family {
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
