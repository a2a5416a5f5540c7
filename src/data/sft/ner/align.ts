/** @file Tags of words on the tokens of a text: on a word's first token, and on the others nothing (Devlin et al. 2019, section
 *  5.3) or the same. Tokens and words meet by their places in the text, so a token that reaches over several words belongs to
 *  the first of them. A text longer than a model reads comes in windows. */

import type { Encoding, Tokenizer } from "../../../tokenizer/index.js";
import { NO_TARGET } from "../../batch.js";
import { type Range, trimmed } from "./words.js";

export interface WindowOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens, special ones included. Default: one window, however long. */
  readonly maxLength?: number | undefined;
  /** Tokens that windows have in common. Default 0, for training: each word once. */
  readonly stride?: number | undefined;
}

export interface TokenWindow {
  readonly ids: Int32Array;
  /** The word whose first token stands here; −1: none. */
  readonly firstOf: Int32Array;
  /** The word that the token belongs to; −1: none. */
  readonly wordOf: Int32Array;
}

/** Throws UserError `truncation` where the stride leaves no step. */
export function tokenWindows(
  text: string,
  words: readonly Range[],
  { tokenizer, maxLength, stride = 0 }: WindowOptions,
): TokenWindow[] {
  const encoding = tokenizer.encoding(text, {
    truncation: maxLength === undefined ? null : { maxLength, stride },
    padding: null,
  });
  return [encoding, ...encoding.overflowing].map((window) => locate(text, words, window));
}

function locate(
  text: string,
  words: readonly Range[],
  { ids, offsets, specialTokensMask }: Encoding,
): TokenWindow {
  const wordOf = new Int32Array(ids.length).fill(-1);
  const firstOf = new Int32Array(ids.length).fill(-1);
  let word = 0;
  offsets.forEach((range, i) => {
    if (specialTokensMask[i] === 1) return;
    const [start, end] = trimmed(text, range);
    if (start >= end) return;
    while (word < words.length && words[word]![1] <= start) word++;
    if (word === words.length || words[word]![0] >= end) return;
    wordOf[i] = word;
    // A window may begin in the middle of a word.
    if (start <= words[word]![0] && wordOf[i - 1] !== word) firstOf[i] = word;
  });
  return { ids, firstOf, wordOf };
}

/** Ids of labels for a window's tokens, −100 where there is none: on first tokens, with `"all"` on every token of a word, where
 *  B- goes on as I- if there is such a label. `labels`: name → id; a tag without a name there must not occur. */
export function labelTokens(
  { firstOf, wordOf }: TokenWindow,
  tags: readonly string[],
  labels: ReadonlyMap<string, number>,
  subTokens: "first" | "all" = "first",
): Int32Array {
  return wordOf.map((word, i) => {
    if (word < 0) return NO_TARGET;
    const tag = tags[word]!;
    if (firstOf[i]! >= 0) return labels.get(tag)!;
    if (subTokens === "first") return NO_TARGET;
    return labels.get(tag.replace(/^B-/, "I-")) ?? labels.get(tag)!;
  });
}

/** A value for each word from those of first tokens; of several windows the one in which the token has most about it. A word
 *  that has no first token anywhere gets `otherwise`. */
export function collectWords<T>(
  windows: readonly TokenWindow[],
  words: number,
  at: (window: number, token: number) => T,
  otherwise: T,
): T[] {
  const values = new Array<T>(words).fill(otherwise);
  const context = new Int32Array(words).fill(-1);
  windows.forEach(({ firstOf }, w) => {
    firstOf.forEach((word, i) => {
      const about = Math.min(i, firstOf.length - 1 - i);
      if (word < 0 || about <= context[word]!) return;
      context[word] = about;
      values[word] = at(w, i);
    });
  });
  return values;
}
