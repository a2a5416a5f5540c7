/** @file The adjacent pairs of training: each (left id, right id) gets a number, a count, and the words it stands in. */

import { growable } from "../text/growable.js";

export interface PairTable {
  size: number;
  left: Int32Array;
  right: Int32Array;
  /** Weighted occurrences at present. */
  count: Float64Array;
  /** Number of a pair, made if it is new. */
  index(left: number, right: number): number;
}

export function createPairTable(): PairTable {
  let mask = (1 << 14) - 1;
  let slots = new Int32Array(mask + 1).fill(-1);
  const table: PairTable = {
    size: 0,
    left: new Int32Array(1 << 12),
    right: new Int32Array(1 << 12),
    count: new Float64Array(1 << 12),
    index(left, right) {
      let slot = hash(left, right) & mask;
      for (;;) {
        const pair = slots[slot]!;
        if (pair === -1) break;
        if (table.left[pair] === left && table.right[pair] === right) return pair;
        slot = (slot + 1) & mask;
      }
      const pair = table.size++;
      table.left = growable(table.left, table.size);
      table.right = growable(table.right, table.size);
      table.count = growable(table.count, table.size);
      table.left[pair] = left;
      table.right[pair] = right;
      slots[slot] = pair;
      if (table.size * 2 > mask) rehash();
      return pair;
    },
  };
  const rehash = () => {
    mask = mask * 2 + 1;
    slots = new Int32Array(mask + 1).fill(-1);
    for (let pair = 0; pair < table.size; pair++) {
      let slot = hash(table.left[pair]!, table.right[pair]!) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = pair;
    }
  };
  return table;
}

function hash(left: number, right: number): number {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
