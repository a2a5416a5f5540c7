/** @file The choice of a token from a row of scores [vocab] (−∞: never): the best, or one drawn from their softmax. */

import { UserError } from "../platform/errors.js";
import type { Random } from "../tensor/random.js";

/** The first of the largest. */
export function chooseBest(scores: Float32Array): number {
  let best = -1;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! > max) {
      max = scores[i]!;
      best = i;
    }
  }
  if (best === -1) throw nothingLeft(scores);
  return best;
}

/** Inverse of the cumulative distribution at one uniform number, sums in fp64 in the order of ids. */
export function chooseAtRandom(scores: Float32Array, random: Random): number {
  const max = scores[chooseBest(scores)]!;
  const weights = new Float64Array(scores.length);
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    const gap = scores[i]! - max;
    if (gap > -104) total += weights[i] = Math.exp(gap);
  }
  const point = random.uniform() * total;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > point) return i;
  }
  return last;
}

function nothingLeft(scores: Float32Array): UserError {
  if (scores.some(Number.isNaN)) {
    return new UserError({
      code: "scores-not-numbers",
      message: "the model's scores are not numbers",
      found: "NaN",
      expected: "finite logits",
      fix: "the weights are damaged or training diverged; use an earlier checkpoint",
    });
  }
  return new UserError({
    code: "no-token-allowed",
    message: "the constraints forbid every token",
    fix: "loosen them (suppressed tokens, bad words, forced ends)",
  });
}
