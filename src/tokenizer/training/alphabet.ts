/** @file The letters that a BPE vocabulary begins with. Ids: special tokens in order, then the letters by code point (a
 *  letter that is a special token keeps its id there). `limitAlphabet` keeps the most frequent, those of
 *  `initialAlphabet` before all others. As Hugging Face's BpeTrainer. */

import { byCodePoint } from "./order.js";
import type { WordCounts } from "./words.js";

export interface AlphabetSettings {
  readonly specialTokens: readonly string[];
  /** The first character of each string. */
  readonly initialAlphabet: readonly string[];
  readonly limitAlphabet?: number | undefined;
  /** In front of every letter but a word's first, and behind its last. */
  readonly continuingPrefix?: string | undefined;
  readonly endOfWordSuffix?: string | undefined;
}

export interface Alphabet {
  /** Spelling of each id so far: special tokens, then letters. */
  readonly tokens: string[];
  readonly ids: Map<string, number>;
  /** Code point → id. */
  readonly letters: ReadonlyMap<number, number>;
  /** The id of a letter where its place in the word changes its spelling; left out where it never does. */
  readonly placed?: ((codePoint: number, first: boolean, last: boolean) => number | undefined) | undefined;
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
  // A special token that is a letter stands for it, whatever the limit says.
  for (const token of settings.specialTokens) {
    const codePoint = token.codePointAt(0);
    if (codePoint !== undefined && token === String.fromCodePoint(codePoint))
      letters.set(codePoint, ids.get(token)!);
  }
  return { tokens, ids, letters, placed: placedLetters(words, settings, letters, ids, put) };
}

/** Letters with prefix and suffix get the ids behind the plain ones, by code point of the whole spelling. (In the library
 *  their order is that of a hash table, another in every process; this is one of those.) */
function placedLetters(
  words: WordCounts,
  { continuingPrefix = "", endOfWordSuffix = "" }: AlphabetSettings,
  letters: ReadonlyMap<number, number>,
  ids: ReadonlyMap<string, number>,
  put: (token: string) => number,
): Alphabet["placed"] {
  if (continuingPrefix === "" && endOfWordSuffix === "") return undefined;
  const spell = (codePoint: number, first: boolean, last: boolean): string =>
    (first ? "" : continuingPrefix) + String.fromCodePoint(codePoint) + (last ? endOfWordSuffix : "");
  const spellings = new Set<string>();
  for (let w = 0; w < words.counts.length; w++)
    for (let i = words.starts[w]!; i < words.starts[w + 1]!; i++)
      if (letters.has(words.letters[i]!))
        spellings.add(spell(words.letters[i]!, i === words.starts[w], i + 1 === words.starts[w + 1]));
  for (const spelling of [...spellings].sort(byCodePoint)) put(spelling);
  return (codePoint, first, last) =>
    letters.has(codePoint) ? ids.get(spell(codePoint, first, last)) : undefined;
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
