/** @file Byte-pair encoding of one word: again and again the adjacent pair of lowest rank, the leftmost of equals, is
 *  replaced by its token, until no pair has a merge (Sennrich et al. 2016). A short word by scanning for the lowest
 *  rank; a long one with a heap and a linked list, O(n log n), so that a megabyte of one letter is no attack. */

import { growable } from "../../text/growable.js";
import type { MergeTable } from "./mergeTable.js";
import { NO_MERGE, rankOf } from "./mergeTable.js";

const LONGEST_SCANNED = 128;
/** Position is the low part of a heap key, rank the high part: 2^21 ranks × 2^31 positions fit in a double. */
const POSITIONS = 2 ** 31;

export interface WordMerger {
  /** Tokens of `bytes[start, end)`, written to `into` from `at` on; returns the place behind the last. `into` has room
   *  for a token a byte. All bytes must have tokens. */
  merge(bytes: Uint8Array, start: number, end: number, into: Int32Array, at: number): number;
}

export function createWordMerger(table: MergeTable): WordMerger {
  const ranks = new Int32Array(LONGEST_SCANNED + 2);
  let long: ReturnType<typeof createLongMerger> | undefined;
  return {
    merge(bytes, start, end, into, at) {
      if (end - start <= LONGEST_SCANNED) return mergeShort(table, ranks, bytes, start, end, into, at);
      long ??= createLongMerger(table);
      return long(bytes, start, end, into, at);
    },
  };
}

/** Works in place: `into[at, at + n)` are the tokens so far, `ranks[i]` the rank of the pair (i, i + 1). */
function mergeShort(
  table: MergeTable,
  ranks: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
): number {
  const { byteIds, byteRanks, result } = table;
  let n = end - start;
  for (let i = 0; i < n; i++) into[at + i] = byteIds[bytes[start + i]!]!;
  for (let i = 0; i < n - 1; i++) ranks[i] = byteRanks[(bytes[start + i]! << 8) | bytes[start + i + 1]!]!;
  while (n > 1) {
    let best = NO_MERGE;
    let i = -1;
    for (let j = 0; j < n - 1; j++) {
      const rank = ranks[j]!;
      if (rank < best) {
        best = rank;
        i = j;
      }
    }
    if (i < 0) break;
    const token = result[best]!;
    into[at + i] = token;
    n--;
    for (let j = i + 1; j < n; j++) {
      into[at + j] = into[at + j + 1]!;
      ranks[j] = ranks[j + 1]!;
    }
    if (i > 0) ranks[i - 1] = rankOf(table, into[at + i - 1]!, token);
    if (i < n - 1) ranks[i] = rankOf(table, token, into[at + i + 1]!);
  }
  return at + n;
}

function createLongMerger(table: MergeTable) {
  let ids = new Int32Array(0);
  let next = new Int32Array(0);
  let previous = new Int32Array(0);
  let heap = new Float64Array(0);
  let size = 0;

  const push = (key: number) => {
    if (size === heap.length) heap = growable(heap, size + 1);
    let i = size++;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (heap[up]! <= key) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = key;
  };
  const pop = (): number => {
    const top = heap[0]!;
    const key = heap[--size]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= key) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = key;
    return top;
  };
  const offer = (left: number, right: number) => {
    const rank = rankOf(table, ids[left]!, ids[right]!);
    if (rank !== NO_MERGE) push(rank * POSITIONS + left);
  };

  return (bytes: Uint8Array, start: number, end: number, into: Int32Array, at: number): number => {
    const n = end - start;
    if (ids.length < n) [ids, next, previous] = [new Int32Array(n), new Int32Array(n), new Int32Array(n)];
    for (let i = 0; i < n; i++) {
      ids[i] = table.byteIds[bytes[start + i]!]!;
      next[i] = i + 1 < n ? i + 1 : -1;
      previous[i] = i - 1;
    }
    size = 0;
    for (let i = 0; i + 1 < n; i++) offer(i, i + 1);
    while (size > 0) {
      const key = pop();
      const rank = Math.floor(key / POSITIONS);
      const left = key - rank * POSITIONS;
      const right = ids[left] === -1 ? -1 : next[left]!;
      if (right === -1 || rankOf(table, ids[left]!, ids[right]!) !== rank) continue; // no longer that pair
      ids[left] = table.result[rank]!;
      ids[right] = -1;
      next[left] = next[right]!;
      if (next[left] !== -1) {
        previous[next[left]!] = left;
        offer(left, next[left]!);
      }
      if (previous[left] !== -1) offer(previous[left]!, left);
    }
    for (let i = 0; i !== -1; i = next[i]!) into[at++] = ids[i]!;
    if (heap.length > 1 << 16)
      [ids, next, previous, heap] = [
        new Int32Array(0),
        new Int32Array(0),
        new Int32Array(0),
        new Float64Array(0),
      ];
    return at;
  };
}
