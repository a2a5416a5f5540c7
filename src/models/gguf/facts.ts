/** @file The metadata of a GGUF file as numbers and texts, checked, keys without the architecture in front. */

import { UserError } from "../../platform/errors.js";
import type { GgufMetadata } from "../../platform/gguf/types.js";

export interface GgufFacts {
  readonly file: string;
  readonly architecture: string;
  /** A whole number ≥ 1; an error where the key is absent. */
  size(key: string): number;
  /** Undefined where absent or 0, which stands for "none". */
  maybeSize(key: string): number | undefined;
  number(key: string): number | undefined;
  text(key: string): string | undefined;
  /** Of the tokenizer, by role. 2^32 − 1 stands for "none". */
  tokenId(role: string): number | undefined;
  refuse(key: string, message: string, found: unknown, expected: unknown): never;
}

export function ggufFacts(metadata: GgufMetadata, file: string): GgufFacts {
  const refuse = (at: string, message: string, found: unknown, expected: unknown): never => {
    throw new UserError({ code: "gguf-metadata", file, at, message, found, expected });
  };
  const stated = metadata.get("general.architecture");
  const architecture =
    stated?.type === "string" && stated.value !== ""
      ? stated.value
      : refuse("general.architecture", "is needed", stated?.type ?? "nothing", "the architecture's name");
  const spelled = (key: string) => `${architecture}.${key}`;
  const numberAt = (key: string): number | undefined => {
    const value = metadata.get(key);
    if (value === undefined) return undefined;
    if (value.type === "float32") return shortest(value.value);
    if (value.type !== "string" && value.type !== "bool" && value.type !== "array") {
      const number = Number(value.value);
      return Number.isFinite(number) ? number : refuse(key, "is no number", number, "a finite number");
    }
    const found = value.type === "array" ? "a list (a value for each layer)" : value.type;
    return refuse(key, "cannot be used", found, "one number");
  };
  const maybeSize = (key: string): number | undefined => {
    const value = numberAt(spelled(key));
    if (value === undefined || value === 0) return undefined;
    if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** 31)
      return refuse(spelled(key), "cannot be used", value, "a whole number");
    return value;
  };
  return {
    file,
    architecture,
    maybeSize,
    size: (key) => maybeSize(key) ?? refuse(spelled(key), "is needed", "nothing", "a whole number ≥ 1"),
    number: (key) => numberAt(spelled(key)),
    text(key) {
      const value = metadata.get(spelled(key));
      if (value === undefined) return undefined;
      return value.type === "string"
        ? value.value
        : refuse(spelled(key), "cannot be used", value.type, "a text");
    },
    tokenId(role) {
      const id = numberAt(`tokenizer.ggml.${role}_token_id`);
      return id === undefined || id === 2 ** 32 - 1 || !Number.isInteger(id) ? undefined : id;
    },
    refuse: (key, message, found, expected) => refuse(spelled(key), message, found, expected),
  };
}

/** The shortest decimal that rounds to this f32: 1e-5 and not 9.999999747378752e-6. */
export function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
