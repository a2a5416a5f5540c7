/** @file Min-p: tokens less probable than a share of the best one go (Nguyen et al. 2024). */

import { cutBelow, distribution } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";

export function minP(share: number, minTokensToKeep = 1): LogitsProcessor {
  return (scores) => {
    const row = distribution(scores);
    cutBelow(scores, row, share / row.total, minTokensToKeep); // the best one's weight is 1
  };
}
