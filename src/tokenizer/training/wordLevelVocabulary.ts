/** @file The most frequent words, ties by spelling: the vocabulary of a WordLevel model. */

import { byCodePoint } from "./countWords.js";

export interface WordLevelSettings {
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly specialTokens: readonly string[];
}

/** Spelling of each id: special tokens, then words. */
export function wordLevelVocabulary(
  counts: ReadonlyMap<string, number>,
  settings: WordLevelSettings,
): string[] {
  const tokens = [...new Set(settings.specialTokens)];
  const special = new Set(tokens);
  const words = [...counts]
    .filter(([word, count]) => count >= settings.minFrequency && !special.has(word))
    .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b));
  for (const [word] of words) {
    if (tokens.length >= settings.vocabSize) break;
    tokens.push(word);
  }
  return tokens;
}
