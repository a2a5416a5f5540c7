/** @file Top-k: only the k best tokens stay, and whatever equals the k-th (Fan, Lewis & Dauphin 2018). */

import type { LogitsProcessor } from "./processor.js";
import { kthLargest } from "./select.js";

export function topK(k: number, minTokensToKeep = 1): LogitsProcessor {
  const wanted = Math.max(k, minTokensToKeep);
  return (scores) => {
    if (wanted >= scores.length) return;
    const threshold = kthLargest(scores, wanted);
    for (let i = 0; i < scores.length; i++) if (scores[i]! < threshold) scores[i] = Number.NEGATIVE_INFINITY;
  };
}
