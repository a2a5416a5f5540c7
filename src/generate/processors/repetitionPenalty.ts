/** @file Repetition penalty: the score of every token that has occurred is divided by θ where positive and multiplied where
 *  negative (Keskar et al. 2019, CTRL). Counts the prompt, not its padding; `ignoreFirst` leaves out that many ids. */

import type { LogitsProcessor } from "./processor.js";

export function repetitionPenalty(theta: number, ignoreFirst = 0): LogitsProcessor {
  return (scores, { ids, length, padding }) => {
    const from = Math.max(ignoreFirst, padding);
    for (const id of new Set(ids.subarray(from, length))) penalise(scores, id, theta);
  };
}

/** For models with an encoder: θ > 1 favours what the source contains, by the same rule with 1/θ. */
export function encoderRepetitionPenalty(theta: number, encoderIds: Int32Array): LogitsProcessor {
  const distinct = new Set(encoderIds);
  return (scores) => {
    for (const id of distinct) penalise(scores, id, 1 / theta);
  };
}

function penalise(scores: Float32Array, id: number, theta: number): void {
  const score = scores[id]!;
  scores[id] = score < 0 ? score * theta : score / theta;
}
