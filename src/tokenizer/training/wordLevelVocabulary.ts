/** @file The most frequent words, ties by spelling: the vocabulary of a WordLevel model. */

import { byCodePoint } from "./order.js";
import type { WordVisitor } from "./words.js";

export interface WordLevelSettings {
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly specialTokens: readonly string[];
}

export interface WordLevelVocabulary {
  readonly add: WordVisitor;
  /** Spelling of each id: special tokens, then words. */
  tokens(): string[];
}

/** Holds about twice the words that the vocabulary has room for, however many it is shown. */
export function wordLevelVocabulary(settings: WordLevelSettings): WordLevelVocabulary {
  const specialTokens = [...new Set(settings.specialTokens)];
  const special = new Set(specialTokens);
  const room = Math.max(0, settings.vocabSize - specialTokens.length);
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  let best: (readonly [word: string, count: number])[] = [];
  /** Words that occur less often cannot be among the first. */
  let least = settings.minFrequency;
  const keepBest = () => {
    best = best.sort(([a, m], [b, n]) => n - m || byCodePoint(a, b)).slice(0, room);
    if (best.length > 0 && best.length === room) least = Math.max(least, best.at(-1)![1]);
  };
  return {
    add(bytes, start, end, count) {
      if (count < least) return;
      const word = text.decode(bytes.subarray(start, end));
      if (special.has(word)) return;
      best.push([word, count]);
      if (best.length >= 2 * room + 1024) keepBest();
    },
    tokens() {
      keepBest();
      return [...specialTokens, ...best.map(([word]) => word)];
    },
  };
}
