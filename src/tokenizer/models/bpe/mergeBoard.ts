/** @file Byte-pair encoding of at most 64 symbols, without a branch that depends on the ranks: every pair has a slot with
 *  its rank and place in one number (rank · 64 + place), eight slots have their lowest in `lows`, and the lowest of those is
 *  the next merge, of equals the leftmost. A merge changes three slots. */

import type { MergeTable } from "./mergeTable.js";
import { NO_MERGE, rankOf } from "./mergeTable.js";

export const BOARD = 64;
/** Ranks that fit beside a place. */
export const BOARD_RANKS = 1 << 25;

export interface Board {
  /** Places `symbols[from, to)`, at most 64, and merges them; returns how many tokens there are. */
  merge(symbols: Int32Array, ranks: Int32Array, from: number, to: number): number;
  /** After `merge`: writes the tokens and where they begin, counted as `from` was, to the place `at` and behind it. */
  take(tokens: Int32Array, starts: Int32Array, at: number): void;
}

export function createBoard(table: MergeTable): Board {
  const { result } = table;
  const tokens = new Int32Array(BOARD + 1);
  const next = new Int32Array(BOARD + 1);
  const previous = new Int32Array(BOARD + 1);
  const slots = new Int32Array(BOARD);
  const lows = new Int32Array(8);
  let begin = 0;
  let size = 0;
  const rankAt = (left: number, right: number): number => {
    const rank = rankOf(table, tokens[left]!, tokens[right]!);
    return rank === NO_MERGE ? NO_MERGE : (rank << 6) | left;
  };
  const lower = (place: number): void => {
    lows[place >> 3] = lowestOfEight(slots, place & ~7);
  };
  return {
    merge(symbols, ranks, from, to) {
      begin = from;
      size = to - from;
      lows.fill(NO_MERGE);
      for (let i = 0; i < size; i++) {
        tokens[i] = symbols[from + i]!;
        next[i] = i + 1;
        previous[i] = i - 1;
        const rank = ranks[from + i]!;
        slots[i] = rank !== NO_MERGE && i + 1 < size ? (rank << 6) | i : NO_MERGE;
      }
      for (let i = size; (i & 7) !== 0; i++) slots[i] = NO_MERGE;
      for (let i = 0; i < size; i += 8) lower(i);
      let count = size;
      for (let lowest = lowestOfEight(lows, 0); lowest !== NO_MERGE; lowest = lowestOfEight(lows, 0)) {
        const left = lowest & 63;
        const right = next[left]!;
        const after = next[right]!;
        const before = previous[left]!;
        tokens[left] = result[lowest >> 6]!;
        next[left] = after;
        previous[after] = left;
        slots[right] = NO_MERGE;
        slots[left] = after < size ? rankAt(left, after) : NO_MERGE;
        lower(left);
        if (right >> 3 !== left >> 3) lower(right);
        if (before >= 0) {
          slots[before] = rankAt(before, left);
          lower(before);
        }
        count--;
      }
      return count;
    },
    take(into, starts, at) {
      for (let i = 0; i < size; i = next[i]!) {
        into[at] = tokens[i]!;
        starts[at++] = begin + i;
      }
    },
  };
}

/** The lowest of `a[at]` … `a[at + 7]`, none negative. */
function lowestOfEight(a: Int32Array, at: number): number {
  const p = lesser(lesser(a[at]!, a[at + 1]!), lesser(a[at + 2]!, a[at + 3]!));
  const q = lesser(lesser(a[at + 4]!, a[at + 5]!), lesser(a[at + 6]!, a[at + 7]!));
  return lesser(p, q);
}

/** Without a branch. */
function lesser(a: number, b: number): number {
  const d = (b - a) | 0;
  return (a + (d & (d >> 31))) | 0;
}
