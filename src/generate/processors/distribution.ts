/** @file The softmax of a row of scores and what the cutoffs ask about it. Sums in fp64. */

import { kthLargest } from "./select.js";

export interface Distribution {
  readonly max: number;
  /** exp(score − max) of every token, [vocab]; 0 where removed. */
  readonly weights: Float64Array;
  /** Their sum, so that a probability is weight / total. */
  readonly total: number;
}

export function distribution(scores: Float32Array): Distribution {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > max) max = scores[i]!;
  const weights = new Float64Array(scores.length);
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    const gap = scores[i]! - max;
    if (gap > -104) total += weights[i] = Math.exp(gap); // below, a float32 is 0
  }
  return { max, weights, total };
}

/** log Σ exp(scores). */
export function logSumExp(scores: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > max) max = scores[i]!;
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i]! - max);
  return max + Math.log(total);
}

/** Shannon entropy in nats, −Σ p·ln p. */
export function entropy(scores: Float32Array, { max, weights, total }: Distribution): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i]! > 0) sum += weights[i]! * (scores[i]! - max);
  return Math.log(total) - sum / total;
}

/** Removes tokens whose probability is below `threshold`, but never one of the `minTokensToKeep` best. */
export function cutBelow(
  scores: Float32Array,
  { weights, total }: Distribution,
  threshold: number,
  minTokensToKeep: number,
): void {
  const best = kthLargest(scores, Math.min(minTokensToKeep, scores.length));
  for (let i = 0; i < scores.length; i++) {
    if (weights[i]! / total < threshold && scores[i]! < best) scores[i] = Number.NEGATIVE_INFINITY;
  }
}
