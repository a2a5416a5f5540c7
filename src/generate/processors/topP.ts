/** @file Top-p, the nucleus: the smallest set of best tokens whose probabilities reach p; the one that crosses p stays
 *  (Holtzman et al. 2020). Of equals at the edge the first stay, as many as are needed. */

import { distribution } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";
import { kthLargest, massThreshold } from "./select.js";

export function topP(p: number, minTokensToKeep = 1): LogitsProcessor {
  return (scores) => {
    if (p >= 1) return;
    const { max, weights, total } = distribution(scores);
    const gaps = new Float64Array(scores.length);
    for (let i = 0; i < scores.length; i++) gaps[i] = max - scores[i]!;
    const edge = massThreshold(gaps, weights, p * total);
    const least = minTokensToKeep > 1 ? kthLargest(scores, Math.min(minTokensToKeep, scores.length)) : max;
    let tied = edge.tied;
    for (let i = 0; i < scores.length; i++) {
      const gap = gaps[i]!;
      if (gap < edge.key || (gap === edge.key && tied-- > 0) || (minTokensToKeep > 1 && scores[i]! >= least))
        continue;
      scores[i] = Number.NEGATIVE_INFINITY;
    }
  };
}
