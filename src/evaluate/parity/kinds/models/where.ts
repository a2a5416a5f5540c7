/** @file Which numbers of an output count: those of real tokens. */

import type { Where } from "../../compare.js";

/** [batch, seq, width]: positions where the mask [batch, seq] is 1. */
export function rowsWhere(mask: Int32Array | undefined, width: number): Where | undefined {
  return mask && { mask, index: (i) => Math.floor(i / width) };
}

/** [batch, heads, queries, keys]: queries where the mask [batch, queries] is 1. */
export function queriesWhere(mask: Int32Array | undefined, shape: readonly number[]): Where | undefined {
  const [, heads, queries, keys] = shape as [number, number, number, number];
  return (
    mask && {
      mask,
      index: (i) => Math.floor(i / (heads * queries * keys)) * queries + (Math.floor(i / keys) % queries),
    }
  );
}
