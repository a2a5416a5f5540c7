/** @file A splitter by the name of its pattern. */

import type { CharacterClasses } from "../text/categories.js";
import { createGpt2Splitter } from "./gpt2.js";
import { createGpt4Splitter } from "./gpt4.js";
import type { PatternName, Splitter } from "./splitter.js";

/** `"none"`: the whole text is one piece. */
export function createSplitter(pattern: PatternName | "none", classes: CharacterClasses): Splitter {
  if (pattern === "gpt2") return createGpt2Splitter(classes);
  if (pattern === "gpt4") return createGpt4Splitter(classes);
  return (_bytes, from, to, ends) => {
    if (from === to) return 0;
    ends[0] = to;
    return 1;
  };
}
