/** @file All pre-tokenizers of tokenizer.json. */

import { z } from "zod";
import { inside, type Place } from "../files/check.js";
import {
  Character,
  count,
  flag,
  type Maker,
  made,
  makeComponent,
  PatternJson,
  readPattern,
} from "../files/component.js";
import { bertPreTokenizer, delimiterSplit, digits, punctuation, whitespaceSplit } from "./byCharacters.js";
import { byteLevelPreTokenizer } from "./byteLevelPreTokenizer.js";
import { BEHAVIORS } from "./cut.js";
import { fixedLength } from "./fixedLength.js";
import { metaspace, PREPEND_SCHEMES } from "./metaspace.js";
import { type PreTokenizer, sequence } from "./preTokenizer.js";
import { unicodeScripts } from "./scripts.js";
import { split } from "./split.js";
import { whitespace } from "./whitespace.js";

const Behavior = z.enum(BEHAVIORS);

/** Older files say `add_prefix_space` where newer ones have a scheme. */
export const MetaspaceJson = z
  .object({
    replacement: Character,
    prepend_scheme: z.enum(PREPEND_SCHEMES).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
  })
  .transform((f) => ({
    replacement: f.replacement,
    split: f.split,
    scheme: f.prepend_scheme ?? (f.add_prefix_space === false ? ("never" as const) : ("always" as const)),
  }));

const MAKERS: Readonly<Record<string, Maker<PreTokenizer>>> = {
  ByteLevel: made(z.object({ add_prefix_space: flag(true), use_regex: flag(true) }), (f) =>
    byteLevelPreTokenizer(f.add_prefix_space, f.use_regex),
  ),
  Whitespace: () => whitespace(),
  WhitespaceSplit: () => whitespaceSplit(),
  BertPreTokenizer: () => bertPreTokenizer(),
  Punctuation: made(z.object({ behavior: Behavior.default("Isolated") }), (f) => punctuation(f.behavior)),
  Digits: made(z.object({ individual_digits: flag(false) }), (f) => digits(f.individual_digits)),
  UnicodeScripts: () => unicodeScripts(),
  CharDelimiterSplit: made(z.object({ delimiter: Character }), (f) => delimiterSplit(f.delimiter)),
  FixedLength: made(z.object({ length: count.min(1).default(5) }), (f) => fixedLength(f.length)),
  Split: made(z.object({ pattern: PatternJson, behavior: Behavior, invert: flag(false) }), (f, place) =>
    split(readPattern(f.pattern, place), f.behavior, f.invert),
  ),
  Metaspace: made(MetaspaceJson, (f) => metaspace(f.replacement, f.scheme, f.split)),
  Sequence: made(z.object({ pretokenizers: z.array(z.unknown()) }), (f, place) =>
    sequence(
      f.pretokenizers.map((json, i) => makePreTokenizer(json, inside(inside(place, "pretokenizers"), i))),
    ),
  ),
};

export function makePreTokenizer(json: unknown, place: Place): PreTokenizer {
  return makeComponent("pre-tokenizer", MAKERS, json, place);
}
