/** @file What Unigram training begins with: every character by its weighted count, and every substring that occurs more
 *  than once in the distinct words and goes on in more than one way, by its number times its length. Found in a sorted
 *  list of all suffixes, as runs that share a beginning. */

import { byCodePoint } from "./order.js";

export interface Seed {
  readonly piece: string;
  readonly score: number;
}

/** The end of a word; it counts as a way to go on. */
const END = 0;

/** Scores are log probabilities. */
export function unigramSeeds(
  counts: ReadonlyArray<readonly [word: string, count: number]>,
  maxPieceLength: number,
  seedSize: number,
): Seed[] {
  const characters = new Map<string, number>();
  const flat: number[] = [];
  for (const [word, count] of counts) {
    for (const character of word) {
      flat.push(character.codePointAt(0)!);
      if (character !== "\0") characters.set(character, (characters.get(character) ?? 0) + count);
    }
    flat.push(END);
  }
  const seeds: Seed[] = [...characters]
    .map(([piece, score]) => ({ piece, score }))
    .sort((a, b) => b.score - a.score || byCodePoint(b.piece, a.piece));
  const substrings = repeatedSubstrings(Int32Array.from(flat), maxPieceLength).sort(
    (a, b) => b.score - a.score || byCodePoint(b.piece, a.piece),
  );
  for (const seed of substrings) {
    if (seeds.length >= seedSize) break;
    seeds.push(seed);
  }
  const logSum = Math.log(seeds.reduce((sum, { score }) => sum + score, 0));
  return seeds.map(({ piece, score }) => ({ piece, score: Math.log(score) - logSum }));
}

function repeatedSubstrings(text: Int32Array, longest: number): Seed[] {
  const suffixes = sortedSuffixes(text, longest + 1);
  const found: Seed[] = [];
  /** Runs still open: their common length, and where they begin in the list. */
  const lengths: number[] = [];
  const begins: number[] = [];
  const close = (at: number): void => {
    const length = lengths.pop()!;
    const begin = begins.pop()!;
    const start = suffixes[begin]!;
    if (length < 2 || length > longest || text[start + length - 1] === END) return;
    const piece = String.fromCodePoint(...text.subarray(start, start + length));
    found.push({ piece, score: (at - begin) * length });
  };
  for (let i = 1; i <= suffixes.length; i++) {
    const common =
      i === suffixes.length ? 0 : commonLength(text, suffixes[i - 1]!, suffixes[i]!, longest + 1);
    let begin = i - 1;
    while (lengths.length > 0 && lengths.at(-1)! > common) {
      begin = begins.at(-1)!;
      close(i);
    }
    if (common > 0 && lengths.at(-1) !== common) {
      lengths.push(common);
      begins.push(begin);
    }
  }
  return found;
}

/** Places in the text that are no end, in the order of what follows, up to `limit` characters or the end of the word. */
function sortedSuffixes(text: Int32Array, limit: number): Int32Array {
  const places: number[] = [];
  for (let i = 0; i < text.length; i++) if (text[i] !== END) places.push(i);
  return Int32Array.from(places).sort((a, b) => {
    for (let k = 0; k < limit; k++) {
      const difference = text[a + k]! - text[b + k]!;
      if (difference !== 0) return difference;
      if (text[a + k] === END) return 0;
    }
    return 0;
  });
}

function commonLength(text: Int32Array, a: number, b: number, limit: number): number {
  let k = 0;
  while (k < limit && text[a + k] === text[b + k]) {
    k++;
    if (text[a + k - 1] === END) break;
  }
  return k;
}
