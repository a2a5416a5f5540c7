/** @file Which token is the beginning, the end, the padding, the unknown: tokenizer_config.json, read and written. */

import type { TokenRoles } from "../tokenizer.js";
import type { Place } from "./check.js";
import { asObject, describe, inside, refuse } from "./check.js";

const KEYS = { bos: "bos_token", eos: "eos_token", pad: "pad_token", unk: "unk_token" } as const;

export function readRoles(config: unknown, file: string): TokenRoles {
  const root: Place = { file, at: "" };
  const object = asObject(config, root);
  return Object.fromEntries(
    Object.entries(KEYS).map(([role, key]) => [role, spelling(object[key], inside(root, key))]),
  ) as TokenRoles;
}

/** A spelling, or the older form: an object with `content`. */
function spelling(value: unknown, place: Place): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  const content = asObject(value, place).content;
  if (typeof content === "string") return content;
  return refuse(
    inside(place, "content"),
    "malformed-tokenizer",
    "has the wrong type",
    describe(content),
    "a string",
  );
}

export function rolesJson(roles: TokenRoles): object {
  const config: Record<string, unknown> = { tokenizer_class: "PreTrainedTokenizerFast" };
  for (const role of ["bos", "eos", "pad", "unk"] as const)
    if (roles[role] !== undefined) config[KEYS[role]] = roles[role];
  config.clean_up_tokenization_spaces = false;
  return config;
}
