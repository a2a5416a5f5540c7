/** @file Top-h: best tokens while the entropy they add up to stays within a share of the whole (of the 100 best;
 *  Baghaei Potraghloo et al. 2025). The best one always stays. */

import type { LogitsProcessor } from "./processor.js";
import { kthLargest } from "./select.js";

const CANDIDATES = 100;

export function topH(share: number): LogitsProcessor {
  return (scores) => {
    const best = candidates(scores);
    const max = scores[best[0]!]!;
    const weights = best.map((i) => Math.exp(scores[i]! - max));
    const total = weights.reduce((a, b) => a + b, 0);
    const terms = weights.map((w) => (w === 0 ? 0 : -(w / total) * Math.log(w / total)));
    const limit = share * terms.reduce((a, b) => a + b, 0);
    const kept = new Map([[best[0]!, max]]);
    let sum = terms[0]!;
    for (let i = 1; i < best.length; i++) {
      sum += terms[i]!;
      if (sum > limit) break;
      kept.set(best[i]!, scores[best[i]!]!);
    }
    scores.fill(Number.NEGATIVE_INFINITY);
    for (const [i, score] of kept) scores[i] = score;
  };
}

/** Indices of the best scores, best first. */
function candidates(scores: Float32Array): number[] {
  const count = Math.min(CANDIDATES, scores.length);
  const threshold = kthLargest(scores, count);
  const found: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= threshold) found.push(i);
  return found.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
}
