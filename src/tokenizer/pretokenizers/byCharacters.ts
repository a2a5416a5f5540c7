/** @file Pre-tokenizers that cut at single characters of a class. */

import { type Behavior, characterMatches, cutAt } from "./cut.js";
import type { PreTokenizer } from "./preTokenizer.js";
import { sequence } from "./preTokenizer.js";

const cutAtClass =
  (regex: RegExp, behavior: Behavior): PreTokenizer =>
  (piece) =>
    cutAt(piece, characterMatches(piece.text, regex), behavior);

/** White space goes. */
export const whitespaceSplit = (): PreTokenizer => cutAtClass(/\p{White_Space}/gu, "Removed");

/** ASCII punctuation (with its symbols) and Unicode's. */
export const punctuation = (behavior: Behavior): PreTokenizer =>
  cutAtClass(/[!-/:-@[-`{-~\p{P}]/gu, behavior);

/** BERT: white space goes, every punctuation mark is a piece. */
export const bertPreTokenizer = (): PreTokenizer => sequence([whitespaceSplit(), punctuation("Isolated")]);

/** Runs of numbers, or each number alone; ½ and Ⅳ are numbers. */
export const digits = (individual: boolean): PreTokenizer =>
  cutAtClass(/\p{N}/gu, individual ? "Isolated" : "Contiguous");

export function delimiterSplit(delimiter: string): PreTokenizer {
  const code = delimiter.codePointAt(0)!;
  return cutAtClass(new RegExp(`\\u{${code.toString(16)}}`, "gu"), "Removed");
}
