/** @file `pre_tokenizer` of tokenizer.json, for byte-level models: which split pattern, and whether a space is put in
 *  front. */

import { GPT2_PATTERN, GPT4_PATTERN } from "../pretokenizers/patterns.js";
import type { PatternName } from "../pretokenizers/splitter.js";
import type { JsonObject, Place } from "./check.js";
import { asArray, asFlag, asObject, asString, describe, inside, refuse } from "./check.js";
import { EVERY_CHARACTER } from "./definition.js";

export type PreTokenizer =
  | { readonly kind: "byteLevel"; readonly pattern: PatternName | "none"; readonly prefixSpace: boolean }
  | { readonly kind: "characters" };

const SUPPORTED =
  "ByteLevel, Split by GPT-2's or GPT-4's pattern then ByteLevel, or Split into single characters";

export function readPreTokenizer(value: unknown, place: Place): PreTokenizer {
  const parts = flatten(value, place);
  const [first, second] = parts;
  if (parts.length === 1 && first!.type === "Split") {
    const regex = splitRegex(first!, place);
    if (regex === EVERY_CHARACTER) return { kind: "characters" };
    return unsupported(place, `Split by ${regex} without ByteLevel`);
  }
  if (parts.length === 1 && first!.type === "ByteLevel") {
    const regex = asFlag(first!.use_regex, inside(place, "use_regex"), true);
    return { kind: "byteLevel", pattern: regex ? "gpt2" : "none", prefixSpace: prefixSpace(first!, place) };
  }
  if (parts.length === 2 && first!.type === "Split" && second!.type === "ByteLevel") {
    const regex = splitRegex(first!, place);
    const pattern = regex === GPT4_PATTERN ? "gpt4" : regex === GPT2_PATTERN ? "gpt2" : undefined;
    if (pattern === undefined) return unsupported(place, regex);
    if (asFlag(second!.use_regex, inside(place, "use_regex"), true))
      return unsupported(place, "Split, then ByteLevel with use_regex");
    if (prefixSpace(second!, place)) return unsupported(place, "Split, then ByteLevel with add_prefix_space");
    return { kind: "byteLevel", pattern, prefixSpace: false };
  }
  return unsupported(
    place,
    parts.length === 0 ? "none" : parts.map((part) => describe(part.type)).join(", "),
  );
}

function flatten(value: unknown, place: Place): JsonObject[] {
  if (value === undefined || value === null) return [];
  const object = asObject(value, place);
  if (object.type !== "Sequence") return [object];
  const here = inside(place, "pretokenizers");
  return asArray(object.pretokenizers, here).flatMap((part, i) => flatten(part, inside(here, i)));
}

function splitRegex(split: JsonObject, place: Place): string {
  if (split.behavior !== "Isolated" || asFlag(split.invert, inside(place, "invert"), false))
    unsupported(place, `Split with behavior ${String(split.behavior)}, invert ${String(split.invert)}`);
  const pattern = asObject(split.pattern, inside(place, "pattern"));
  return asString(pattern.Regex, inside(place, "pattern.Regex"));
}

function prefixSpace(byteLevel: JsonObject, place: Place): boolean {
  return asFlag(byteLevel.add_prefix_space, inside(place, "add_prefix_space"), true);
}

function unsupported(place: Place, found: unknown): never {
  return refuse(
    place,
    "unsupported-pre-tokenizer",
    "is a way of cutting text that is not supported",
    found,
    SUPPORTED,
    "use a tokenizer of this kind, or train one here",
  );
}
