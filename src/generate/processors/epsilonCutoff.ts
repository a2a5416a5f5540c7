/** @file Epsilon sampling: tokens with a probability below ε go (Hewitt, Manning & Liang 2022). */

import { cutBelow, distribution } from "./distribution.js";
import type { LogitsProcessor } from "./processor.js";

export function epsilonCutoff(epsilon: number, minTokensToKeep = 1): LogitsProcessor {
  return (scores) => cutBelow(scores, distribution(scores), epsilon, minTokensToKeep);
}
