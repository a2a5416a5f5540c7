/** @file Log-probabilities (natural logarithm) of a chosen token and of the best ones beside it. */

import { logSumExp } from "./processors/distribution.js";
import { kthLargest } from "./processors/select.js";

export interface TokenLogprob {
  readonly id: number;
  readonly logprob: number;
  /** Best first. */
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}

/** From the model's logits [vocab]. */
export function tokenLogprob(logits: Float32Array, id: number, count: number): TokenLogprob {
  const total = logSumExp(logits);
  return {
    id,
    logprob: logits[id]! - total,
    top: bestTokens(logits, count).map((i) => ({ id: i, logprob: logits[i]! - total })),
  };
}

/** Ids of the `count` largest, largest first; of equals the lower id. */
export function bestTokens(row: Float32Array, count: number): number[] {
  const wanted = Math.min(count, row.length);
  if (wanted === 0) return [];
  const least = kthLargest(row, wanted);
  const found: number[] = [];
  for (let i = 0; i < row.length; i++) if (row[i]! >= least) found.push(i);
  return found.sort((a, b) => row[b]! - row[a]! || a - b).slice(0, wanted);
}
