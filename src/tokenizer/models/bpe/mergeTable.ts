/** @file The merges of a BPE model as a hash table (left id, right id) → rank, with what the merge of a rank gives.
 *  Pairs of two single bytes, the first to be asked for in every word, have a flat table of their own. */

import { createJoins, type Joins } from "./mergeCuts.js";

export const NO_MERGE = 0x7fffffff;

export interface MergeTable {
  /** Open addressing; four int32 a slot: left, right, rank, unused. Empty: rank -1. */
  readonly slots: Int32Array;
  readonly mask: number;
  /** A bit for the hash of every pair that is there, four bits a slot: most pairs are not, and this says so from near. */
  readonly bits: Int32Array;
  /** Token made by the merge of each rank. [merges] */
  readonly result: Int32Array;
  /** Token of each byte, -1 if the vocabulary lacks it. [256] */
  readonly byteIds: Int32Array;
  /** Rank of the pair (byte a, byte b) at 256·a + b. [65536] */
  readonly byteRanks: Int32Array;
  /** Between which bytes a word can be cut. */
  readonly joins: Joins;
}

/** `pairs` holds left and right id of each merge by rank [merges × 2], `result` what it gives. Of a pair that comes twice
 *  the later rank counts, as in Hugging Face's library. */
export function createMergeTable(
  pairs: Int32Array,
  result: Int32Array,
  byteIds: Int32Array,
  /** Rank of each pair, where several pairs have one; by default its number. */
  ranks?: Int32Array,
): MergeTable {
  let size = 16;
  while (size < (pairs.length / 2) * 2.5) size *= 2;
  const slots = new Int32Array(size * 4);
  for (let s = 2; s < slots.length; s += 4) slots[s] = -1;
  const mask = size - 1;
  const bits = new Int32Array(size >> 3);
  for (let n = 0; n < pairs.length / 2; n++) {
    const rank = ranks === undefined ? n : ranks[n]!;
    const left = pairs[2 * n]!;
    const right = pairs[2 * n + 1]!;
    const hash = pairHash(left, right);
    bits[(hash >>> 5) & (bits.length - 1)]! |= 1 << hash;
    let slot = hash & mask;
    while (slots[slot * 4 + 2] !== -1 && (slots[slot * 4] !== left || slots[slot * 4 + 1] !== right))
      slot = (slot + 1) & mask;
    slots.set([left, right, rank], slot * 4);
  }
  const joins = createJoins({ pairs, ranks, result, byteIds });
  const table = { slots, mask, bits, result, byteIds, byteRanks: new Int32Array(65536), joins };
  for (let a = 0; a < 256; a++)
    for (let b = 0; b < 256; b++) table.byteRanks[a * 256 + b] = rankOf(table, byteIds[a]!, byteIds[b]!);
  return table;
}

function pairHash(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return h ^ (h >>> 15);
}

/** Rank of the merge of two tokens, `NO_MERGE` if there is none. */
export function rankOf(table: MergeTable, left: number, right: number): number {
  const { slots, mask, bits } = table;
  const hash = pairHash(left, right);
  if ((bits[(hash >>> 5) & (bits.length - 1)]! & (1 << hash)) === 0) return NO_MERGE;
  let slot = hash & mask;
  for (;;) {
    const s = slot << 2;
    const rank = slots[s + 2]!;
    if (slots[s] === left && slots[s + 1] === right && rank !== -1) return rank;
    if (rank === -1) return NO_MERGE;
    slot = (slot + 1) & mask;
  }
}
