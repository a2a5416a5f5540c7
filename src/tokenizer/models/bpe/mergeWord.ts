/** @file Byte-pair encoding of one word: again and again the adjacent pair of lowest rank, the leftmost of equals, is
 *  replaced by its token, until no pair has a merge (Sennrich et al. 2016). A short word by scanning for the lowest
 *  rank; a long one by windows (`mergeWindows.ts`), in time that grows with the length alone. */

import type { MergeTable } from "./mergeTable.js";
import { NO_MERGE, rankOf } from "./mergeTable.js";
import { createWindowMerger } from "./mergeWindows.js";

const LONGEST_SCANNED = 64;

export interface WordMerger {
  /** Tokens of `bytes[start, end)`, written to `into` from `at` on; returns the place behind the last. `into` has room
   *  for a token a byte. All bytes must have tokens. */
  merge(bytes: Uint8Array, start: number, end: number, into: Int32Array, at: number): number;
}

export function createWordMerger(table: MergeTable): WordMerger {
  const ranks = new Int32Array(LONGEST_SCANNED + 2);
  let long: WordMerger | undefined;
  return {
    merge(bytes, start, end, into, at) {
      if (end - start <= LONGEST_SCANNED) return mergeShort(table, ranks, bytes, start, end, into, at);
      long ??= createLongWordMerger(table);
      return long.merge(bytes, start, end, into, at);
    },
  };
}

export function createLongWordMerger(table: MergeTable): WordMerger {
  const merge = createWindowMerger(table);
  const { byteIds, byteRanks } = table;
  return {
    merge(bytes, start, end, into, at) {
      const n = end - start;
      const ids = new Int32Array(n);
      const ranks = new Int32Array(n);
      for (let i = 0; i < n; i++) ids[i] = byteIds[bytes[start + i]!]!;
      for (let i = 0; i + 1 < n; i++) ranks[i] = byteRanks[(bytes[start + i]! << 8) | bytes[start + i + 1]!]!;
      const { tokens, count } = merge(ids, ranks);
      into.set(tokens.subarray(0, count), at);
      return at + count;
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
