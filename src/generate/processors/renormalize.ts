/** @file Scores made log-probabilities again: score − log Σ exp(scores). */

import { logSumExp } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";

export const renormalize: LogitsProcessor = (scores) => {
  const total = logSumExp(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! - total;
};
