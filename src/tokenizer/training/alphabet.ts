/** @file The letters that a BPE vocabulary begins with. Ids: special tokens in order, then the letters by code point (a
 *  letter that is a special token keeps its id there). `limitAlphabet` keeps the most frequent, those of
 *  `initialAlphabet` before all others. As Hugging Face's BpeTrainer. */

import type { WordCounts } from "./words.js";

export interface AlphabetSettings {
  readonly specialTokens: readonly string[];
  /** The first character of each string. */
  readonly initialAlphabet: readonly string[];
  readonly limitAlphabet?: number | undefined;
}

export interface Alphabet {
  /** Spelling of each id so far: special tokens, then letters. */
  readonly tokens: string[];
  readonly ids: Map<string, number>;
  /** Code point → id. */
  readonly letters: ReadonlyMap<number, number>;
}

export function chooseAlphabet(words: WordCounts, settings: AlphabetSettings): Alphabet {
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const put = (token: string): number => {
    const known = ids.get(token);
    if (known !== undefined) return known;
    ids.set(token, tokens.length);
    return tokens.push(token) - 1;
  };
  for (const token of settings.specialTokens) put(token);
  const letters = new Map<number, number>();
  for (const codePoint of keptLetters(words, settings))
    letters.set(codePoint, put(String.fromCodePoint(codePoint)));
  return { tokens, ids, letters };
}

function keptLetters(words: WordCounts, settings: AlphabetSettings): number[] {
  const totals = new Map<number, number>();
  for (let w = 0; w < words.counts.length; w++)
    for (let i = words.starts[w]!; i < words.starts[w + 1]!; i++) {
      const letter = words.letters[i]!;
      totals.set(letter, (totals.get(letter) ?? 0) + words.counts[w]!);
    }
  for (const text of settings.initialAlphabet)
    if (text !== "") totals.set(text.codePointAt(0)!, Number.POSITIVE_INFINITY);
  let kept = [...totals];
  const limit = settings.limitAlphabet ?? kept.length;
  if (kept.length > limit)
    kept = kept.sort((a, b) => (b[1] === a[1] ? a[0] - b[0] : b[1] - a[1])).slice(0, limit);
  return kept.map(([codePoint]) => codePoint).sort((a, b) => a - b);
}
