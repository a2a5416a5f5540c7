/** @file Temperature: scores / T. Below 1 sharpens, above 1 flattens; T → 0 is greedy (Ackley, Hinton & Sejnowski 1985). */

import type { LogitsProcessor } from "./processor.js";

export function temperature(value: number): LogitsProcessor {
  const divisor = Math.fround(value);
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / divisor;
  };
}
