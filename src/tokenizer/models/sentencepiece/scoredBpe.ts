/** @file SentencePiece's BPE by scores, as llama2.c does it: a space in front, every character a token or its bytes as
 *  tokens 3 + byte, then again and again the adjacent pair whose joined token has the highest score, leftmost of equals.
 *  (Kudo & Richardson 2018; karpathy/llama2.c, `encode` of run.c.) With a heap and a linked list: O(n log n). */

import type { IdBuffer } from "../../idBuffer.js";
import { pushId } from "../../idBuffer.js";

/** Id of the token of byte 0; those of the others follow. */
const FIRST_BYTE = 3;

export interface ScoredVocabulary {
  /** Bytes of each token as a string of code units 0…255. */
  readonly spellings: readonly string[];
  readonly scores: Float32Array;
}

export interface Ranked {
  readonly score: number;
  readonly left: number;
}

interface Candidate extends Ranked {
  readonly right: number;
  readonly leftId: number;
  readonly rightId: number;
  readonly id: number;
}

export function createScoredBpe(vocabulary: ScoredVocabulary): (text: string, out: IdBuffer) => void {
  const { spellings, scores } = vocabulary;
  const ids = new Map<string, number>();
  spellings.forEach((spelling, id) => {
    if (!ids.has(spelling)) ids.set(spelling, id);
  });
  return (text, out) => {
    if (text === "") return;
    const symbols = firstSymbols(` ${text}`, ids);
    const next = Int32Array.from(symbols, (_, i) => (i + 1 < symbols.length ? i + 1 : -1));
    const previous = Int32Array.from(symbols, (_, i) => i - 1);
    const heap = createHeap<Candidate>();
    const offer = (left: number, right: number): void => {
      const [leftId, rightId] = [symbols[left]!, symbols[right]!];
      const id = ids.get(spellings[leftId]! + spellings[rightId]!);
      if (id !== undefined) heap.push({ score: scores[id]!, left, right, leftId, rightId, id });
    };
    for (let i = 0; i + 1 < symbols.length; i++) offer(i, i + 1);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const { left, right } = top;
      if (next[left] !== right || symbols[left] !== top.leftId || symbols[right] !== top.rightId) continue;
      symbols[left] = top.id;
      symbols[right] = -1;
      next[left] = next[right]!;
      if (next[left] !== -1) {
        previous[next[left]!] = left;
        offer(left, next[left]!);
      }
      if (previous[left] !== -1) offer(previous[left]!, left);
    }
    for (let i = 0; i !== -1; i = next[i]!) pushId(out, symbols[i]!);
  };
}

function firstSymbols(text: string, ids: ReadonlyMap<string, number>): number[] {
  const utf8 = new TextEncoder();
  const symbols: number[] = [];
  for (const character of text) {
    const bytes = utf8.encode(character);
    const id = ids.get(String.fromCharCode(...bytes));
    if (id !== undefined) symbols.push(id);
    else for (const byte of bytes) symbols.push(FIRST_BYTE + byte);
  }
  return symbols;
}

/** The highest score first, of equals the leftmost. */
export function createHeap<T extends Ranked>() {
  const heap: T[] = [];
  const before = (a: T, b: T) => a.score > b.score || (a.score === b.score && a.left < b.left);
  return {
    push(entry: T): void {
      let i = heap.push(entry) - 1;
      for (; i > 0 && before(entry, heap[(i - 1) >> 1]!); i = (i - 1) >> 1) heap[i] = heap[(i - 1) >> 1]!;
      heap[i] = entry;
    },
    pop(): T | undefined {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return top;
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (!before(heap[child]!, last)) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
      return top;
    },
  };
}
