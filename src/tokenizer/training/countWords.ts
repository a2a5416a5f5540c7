/** @file Words of documents as any normaliser and pre-tokenizer cut them, with how often each occurs. */

import type { Normalizer } from "../normalizers/normalizer.js";
import type { PreTokenizer } from "../pretokenizers/preTokenizer.js";
import { alignedText, wellFormed } from "../text/aligned.js";
import type { WordCounts } from "./words.js";

export interface WordCounter {
  add(document: string): void;
  readonly counts: ReadonlyMap<string, number>;
}

export function createWordCounter(
  normalizer: Normalizer | undefined,
  preTokenizer: PreTokenizer | undefined,
): WordCounter {
  const counts = new Map<string, number>();
  return {
    counts,
    add(document) {
      const text = alignedText(wellFormed(document));
      const normalized = normalizer === undefined ? text : normalizer(text);
      const pieces = preTokenizer === undefined ? [normalized] : preTokenizer(normalized);
      for (const { text: word } of pieces) if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1);
    },
  };
}

/** The same as code points. */
export function asWordCounts(counts: ReadonlyMap<string, number>): WordCounts {
  const letters: number[] = [];
  const starts = new Int32Array(counts.size + 1);
  let w = 0;
  for (const word of counts.keys()) {
    for (const letter of word) letters.push(letter.codePointAt(0)!);
    starts[++w] = letters.length;
  }
  return { letters: Int32Array.from(letters), starts, counts: Float64Array.from(counts.values()) };
}

/** Order of strings by code point, which is that of their UTF-8; JavaScript's own is by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [high, low] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}
