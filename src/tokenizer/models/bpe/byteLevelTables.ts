/** @file Byte-level BPE from plain tables, which a thread can be handed: it needs neither the tokenizer.json nor the
 *  modules that read one. */

import { createSplitter } from "../../pretokenizers/create.js";
import type { PatternName } from "../../pretokenizers/splitter.js";
import { createCharacterClasses } from "../../text/categories.js";
import { createByteLevelBpe, type TextToIds } from "./byteLevelBpe.js";
import type { MergeTable } from "./mergeTable.js";

export interface ByteLevelTables {
  readonly pattern: PatternName | "none";
  /** A text that does not begin with a space is given one. */
  readonly prefixSpace: boolean;
  readonly merges: MergeTable;
}

export function byteLevelFromTables({ pattern, prefixSpace, merges }: ByteLevelTables): TextToIds {
  const classes = createCharacterClasses();
  const split = createSplitter(pattern, classes);
  const encode = createByteLevelBpe({ classes, split, cutAnywhere: pattern !== "none", merges });
  return prefixSpace ? withPrefixSpace(encode) : encode;
}

export function withPrefixSpace(encode: TextToIds): TextToIds {
  return (text, out) => encode(text === "" || text.startsWith(" ") ? text : ` ${text}`, out);
}
