/** @file Scores that are no numbers: NaN becomes 0, +∞ the largest float32, −∞ the smallest. */

import { type LogitsProcessor, MAX_F32 } from "./processor.js";

export const removeInvalid: LogitsProcessor = (scores) => {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (Number.isNaN(score)) scores[i] = 0;
    else if (!Number.isFinite(score)) scores[i] = score > 0 ? MAX_F32 : -MAX_F32;
  }
};
