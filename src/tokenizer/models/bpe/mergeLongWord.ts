/** @file Byte-pair encoding of a long list of tokens in time that grows with its length, so that a megabyte of one letter
 *  is no attack. Places of pairs lie in a list for each rank, and a small heap holds the ranks whose list is not empty. The
 *  lowest rank is taken and its places are merged from left to right; a list is sorted only if it must be. A merge may
 *  bring up a pair of a lower rank (only in a vocabulary whose tokens come after their use): then the rest waits. */

import type { MergeTable } from "./mergeTable.js";
import { NO_MERGE, rankOf } from "./mergeTable.js";

interface Work {
  /** Token at each byte where one begins, else -1. */
  ids: Int32Array;
  /** Where the token behind and the token before begin, -1 at the ends. */
  next: Int32Array;
  previous: Int32Array;
}

/** Merges a list of tokens in place: `ids` keeps each token where its first part stood, -1 where a part went. Returns
 *  where the token behind each begins, -1 behind the last. `firstRanks[i]`: the rank of the pair (i, i + 1) at first. */
export function createListMerger(table: MergeTable): (ids: Int32Array, firstRanks: Int32Array) => Int32Array {
  const places = createPlaces(table.result.length);
  return (ids, firstRanks) => {
    const n = ids.length;
    const work: Work = { ids, next: new Int32Array(n), previous: new Int32Array(n) };
    for (let i = 0; i < n; i++) {
      work.next[i] = i + 1 < n ? i + 1 : -1;
      work.previous[i] = i - 1;
    }
    places.begin(n);
    for (let i = 0; i + 1 < n; i++) {
      const rank = firstRanks[i]!;
      if (rank !== NO_MERGE) places.add(rank, i);
    }
    for (let rank = places.pop(); rank !== NO_MERGE; rank = places.pop())
      mergeRank(table, work, places, rank);
    places.end();
    return work.next;
  };
}

/** Notes the pair at two places; returns its rank. */
function offer(table: MergeTable, work: Work, places: Places, left: number, right: number): number {
  const rank = rankOf(table, work.ids[left]!, work.ids[right]!);
  if (rank !== NO_MERGE) places.add(rank, left);
  return rank;
}

function mergeRank(table: MergeTable, work: Work, places: Places, rank: number): void {
  const { ids, next, previous } = work;
  const lefts = places.take(rank);
  const token = table.result[rank]!;
  for (let k = 0; k < lefts.length; k++) {
    const left = lefts[k]!;
    const right = ids[left] === -1 ? -1 : next[left]!;
    if (right === -1 || rankOf(table, ids[left]!, ids[right]!) !== rank) continue; // merged otherwise meanwhile
    ids[left] = token;
    ids[right] = -1;
    const after = next[right]!;
    const before = previous[left]!;
    next[left] = after;
    let lowest = NO_MERGE;
    if (after !== -1) {
      previous[after] = left;
      lowest = offer(table, work, places, left, after);
    }
    if (before !== -1) lowest = Math.min(lowest, offer(table, work, places, before, left));
    if (lowest < rank) {
      for (let rest = k + 1; rest < lefts.length; rest++) places.add(rank, lefts[rest]!);
      return;
    }
  }
}

interface Places {
  begin(length: number): void;
  add(rank: number, place: number): void;
  /** The lowest rank that has places, which `take` must then take; NO_MERGE if there is none. */
  pop(): number;
  /** The places of a rank from left to right. */
  take(rank: number): Int32Array;
  end(): void;
}

function createPlaces(ranks: number): Places {
  const heads = new Int32Array(ranks).fill(-1);
  const heap = createRankHeap();
  let nodePlace = new Int32Array(0);
  let nodeNext = new Int32Array(0);
  let nodes = 0;
  return {
    begin(length) {
      // A pair at first for each two bytes, and at most two more with each merge.
      nodePlace = new Int32Array(4 * length);
      nodeNext = new Int32Array(4 * length);
      nodes = 0;
    },
    add(rank, place) {
      if (nodes === nodePlace.length) {
        nodePlace = doubled(nodePlace);
        nodeNext = doubled(nodeNext);
      }
      if (heads[rank] === -1) heap.push(rank);
      nodePlace[nodes] = place;
      nodeNext[nodes] = heads[rank]!;
      heads[rank] = nodes++;
    },
    pop: () => heap.pop(),
    take(rank) {
      let count = 0;
      for (let node = heads[rank]!; node !== -1; node = nodeNext[node]!) count++;
      const places = new Int32Array(count);
      let sorted = true;
      for (let node = heads[rank]!; node !== -1; node = nodeNext[node]!) {
        places[--count] = nodePlace[node]!;
        if (count + 1 < places.length && places[count]! > places[count + 1]!) sorted = false;
      }
      heads[rank] = -1;
      return sorted ? places : places.sort();
    },
    end() {
      nodePlace = new Int32Array(0);
      nodeNext = new Int32Array(0);
    },
  };
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}

/** A binary heap of distinct ranks. */
function createRankHeap() {
  const heap: number[] = [];
  return {
    push(rank: number): void {
      let i = heap.push(rank) - 1;
      for (; i > 0 && rank < heap[(i - 1) >> 1]!; i = (i - 1) >> 1) heap[i] = heap[(i - 1) >> 1]!;
      heap[i] = rank;
    },
    pop(): number {
      if (heap.length === 0) return NO_MERGE;
      const top = heap[0]!;
      const last = heap.pop()!;
      if (heap.length === 0) return top;
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
        if (heap[child]! >= last) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
      return top;
    },
  };
}
