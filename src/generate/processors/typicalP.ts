/** @file Locally typical sampling: tokens in the order of how far their surprise −ln p lies from the entropy H, until their
 *  probabilities reach the mass wanted (Meister et al. 2023). Equals of the last one stay. */

import { distribution, entropy } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";
import { kthLargest, massThreshold } from "./select.js";

export function typicalP(mass: number, minTokensToKeep = 1): LogitsProcessor {
  return (scores) => {
    const row = distribution(scores);
    const h = entropy(scores, row);
    const logTotal = Math.log(row.total);
    const distance = new Float64Array(scores.length);
    const ranking = new Float32Array(scores.length); // nearest is largest
    for (let i = 0; i < scores.length; i++) {
      distance[i] = Math.fround(Math.abs(row.max - scores[i]! + logTotal - h));
      ranking[i] = -distance[i]!;
    }
    const edge = massThreshold(distance, row.weights, mass * row.total);
    const least = kthLargest(ranking, Math.min(minTokensToKeep, scores.length));
    for (let i = 0; i < scores.length; i++) {
      if (distance[i]! > edge.key && ranking[i]! < least) scores[i] = Number.NEGATIVE_INFINITY;
    }
  };
}
