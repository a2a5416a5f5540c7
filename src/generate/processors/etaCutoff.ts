/** @file Eta sampling: as epsilon sampling with a threshold that falls where the model is unsure,
 *  η = min(ε, √ε·exp(−H)) (Hewitt, Manning & Liang 2022, equation 5). */

import { cutBelow, distribution, entropy } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";

export function etaCutoff(epsilon: number, minTokensToKeep = 1): LogitsProcessor {
  return (scores) => {
    const row = distribution(scores);
    const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(scores, row)));
    cutBelow(scores, row, eta, minTokensToKeep);
  };
}
