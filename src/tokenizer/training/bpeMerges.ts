/** @file Learning the merges of BPE (Sennrich et al. 2016), equal to Hugging Face's BpeTrainer.
 *
 *  Again and again the most frequent adjacent pair becomes a token; ties go to the smaller (left id, right id). Counts
 *  are kept as words change, so a merge costs what it touches: a pair's entry in the queue carries the words it stands
 *  in, and an entry whose count has changed since goes back with the present one. Counts begin as all adjacent pairs,
 *  overlapping ones too ("aaaa" has three a+a); a merge goes left to right without overlap. */

import { growable } from "../text/growable.js";
import type { Alphabet } from "./alphabet.js";
import type { PairTable } from "./pairs.js";
import { createPairTable } from "./pairs.js";
import type { Pauses } from "./pauses.js";
import { createMergeQueue } from "./queue.js";
import type { WordCounts } from "./words.js";

export interface BpeMergeSettings {
  readonly vocabSize: number;
  readonly minFrequency: number;
  /** Tokens have fewer letters than this (single letters apart). */
  readonly maxTokenLength?: number | undefined;
  /** Taken off the right side of a merge. */
  readonly continuingPrefix?: string | undefined;
  readonly pauses?: Pauses | undefined;
  readonly onMerge?: ((done: number) => void) | undefined;
}

/** Merges between two looks at the clock. */
const ROUND = 64;

/** Grows `alphabet.tokens` to the vocabulary; returns the merges as ids, in order. */
export async function learnMerges(
  words: WordCounts,
  alphabet: Alphabet,
  settings: BpeMergeSettings,
): Promise<Array<[number, number]>> {
  const { tokens, ids } = alphabet;
  const prefix = settings.continuingPrefix ?? "";
  const limit = settings.maxTokenLength ?? Number.POSITIVE_INFINITY;
  const state = createState(words, alphabet, limit);
  const { pairs } = state;
  const queue = createMergeQueue((pair) => pairs.left[pair]! * 2 ** 26 + pairs.right[pair]!);
  const enqueue = () =>
    state.takeNewPairs((pair, list) => pairs.count[pair]! > 0 && queue.push(pairs.count[pair]!, pair, list));
  const least = Math.max(1, settings.minFrequency);
  const merges: Array<[number, number]> = [];
  enqueue();
  while (tokens.length < settings.vocabSize && queue.size > 0) {
    queue.pop();
    const { count, pair, words: list } = queue;
    const present = pairs.count[pair]!;
    if (count !== present) {
      if (present > 0) queue.push(present, pair, list);
      continue;
    }
    if (count < least) break;
    const left = pairs.left[pair]!;
    const right = pairs.right[pair]!;
    const behind = tokens[right]!;
    const token =
      tokens[left]! + (prefix !== "" && behind.startsWith(prefix) ? behind.slice(prefix.length) : behind);
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    merges.push([left, right]);
    state.merge(left, right, id, list);
    enqueue();
    settings.onMerge?.(merges.length);
    if (merges.length % ROUND === 0 && settings.pauses?.due()) await settings.pauses.take();
  }
  return merges;
}

interface TrainingState {
  readonly pairs: PairTable;
  /** Replaces the pair by `token` in the words of a list. */
  merge(left: number, right: number, token: number, list: number): void;
  /** Hands over the pairs that came up since the last call, each with the list of its words. */
  takeNewPairs(take: (pair: number, list: number) => void): void;
}

/** Words as ids in place (a merge moves the rest of the word left), and for each pair a linked list of the words that
 *  it newly stands in. */
function createState(words: WordCounts, alphabet: Alphabet, limit: number): TrainingState {
  const pairs = createPairTable();
  const { starts, counts } = words;
  const { placed } = alphabet;
  const symbols = new Int32Array(words.letters.length);
  const sizes = new Int32Array(counts.length);
  const lengths: number[] = alphabet.tokens.map(() => 1);
  const lists = createWordLists();

  for (let w = 0; w < counts.length; w++) {
    let n = starts[w]!;
    for (let i = starts[w]!; i < starts[w + 1]!; i++) {
      const id =
        placed === undefined
          ? alphabet.letters.get(words.letters[i]!)
          : placed(words.letters[i]!, i === starts[w], i + 1 === starts[w + 1]);
      if (id !== undefined) symbols[n++] = id; // letters outside the alphabet are left out
    }
    sizes[w] = n - starts[w]!;
    for (let i = starts[w]!; i + 1 < n; i++) {
      const pair = pairs.index(symbols[i]!, symbols[i + 1]!);
      pairs.count[pair]! += counts[w]!;
      lists.add(pair, w);
    }
  }

  const mergeWord = (w: number, left: number, right: number, token: number, length: number): void => {
    const from = starts[w]!;
    const to = from + sizes[w]!;
    const weight = counts[w]!;
    let n = from;
    for (let i = from; i < to; i++) {
      if (symbols[i] !== left || i + 1 >= to || symbols[i + 1] !== right) {
        symbols[n++] = symbols[i]!;
        continue;
      }
      if (n > from) {
        const previous = symbols[n - 1]!;
        pairs.count[pairs.index(previous, left)]! -= weight;
        if (lengths[previous]! + length < limit) add(previous, token, w, weight);
      }
      if (i + 2 < to) {
        const next = symbols[i + 2]!;
        pairs.count[pairs.index(right, next)]! -= weight;
        if (lengths[next]! + length < limit) add(token, next, w, weight);
      }
      symbols[n++] = token;
      i++;
    }
    sizes[w] = n - from;
  };
  const add = (left: number, right: number, w: number, weight: number): void => {
    const pair = pairs.index(left, right);
    pairs.count[pair]! += weight;
    lists.add(pair, w);
  };

  return {
    pairs,
    merge(left, right, token, list) {
      const length = lengths[left]! + lengths[right]!;
      lengths[token] = length;
      lists.forEach(list, (w) => mergeWord(w, left, right, token, length));
    },
    takeNewPairs: lists.take,
  };
}

/** Lists of words by pair, built a batch at a time: `take` hands the batch over and begins the next. */
function createWordLists() {
  let word = new Int32Array(1 << 16);
  let next = new Int32Array(1 << 16);
  let size = 0;
  /** Head of the list of each pair in this batch, -1 none. */
  let heads = new Int32Array(1 << 12).fill(-1);
  let batch: number[] = [];
  return {
    add(pair: number, w: number): void {
      if (pair >= heads.length) {
        const old = heads.length;
        heads = growable(heads, pair + 1);
        heads.fill(-1, old);
      }
      const head = heads[pair]!;
      if (head !== -1 && word[head] === w) return;
      if (head === -1) batch.push(pair);
      word = growable(word, size + 1);
      next = growable(next, size + 1);
      word[size] = w;
      next[size] = head;
      heads[pair] = size++;
    },
    take(take: (pair: number, list: number) => void): void {
      for (const pair of batch) {
        take(pair, heads[pair]!);
        heads[pair] = -1;
      }
      batch = [];
    },
    forEach(list: number, visit: (w: number) => void): void {
      for (let node = list; node !== -1; node = next[node]!) visit(word[node]!);
    },
  };
}
