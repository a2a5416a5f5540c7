/** @file Cuts at the matches of a string or a regular expression. */

import type { Pattern } from "../regex/pattern.js";
import { type Behavior, cutAt } from "./cut.js";
import type { PreTokenizer } from "./preTokenizer.js";

export function split(pattern: Pattern, behavior: Behavior, invert: boolean): PreTokenizer {
  return (piece) => cutAt(piece, pattern.matches(piece.text), behavior, invert);
}
