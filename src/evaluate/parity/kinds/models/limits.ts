/** @file How far numbers may lie apart: the limits that the README of ../shared/parity/models recommends. With bf16 products
 *  every limit is multiplied, by what the formats' roundings differ by less what the fp32 limits leave of room. */

import type { Comparison } from "../../compare.js";
import { createComparison } from "../../compare.js";
import type { CaseContext, CheckJson } from "../kind.js";

const BF16_LOOSER = 4096;
/** Two percent of their spread. */
const BF16_SPREAD = 0.02;

export function comparisonFor(check: CheckJson, context: CaseContext, part?: string): Comparison {
  const name = part === undefined ? check.id : `${check.id}/${part}`;
  return context.compute === "bf16"
    ? createComparison(name, BF16_LOOSER, BF16_SPREAD)
    : createComparison(name);
}

/** A number of the case, or a default where it is absent. */
export function numberIn(of: unknown, key: string, otherwise = 0): number {
  const value = (of as Record<string, unknown> | undefined)?.[key];
  return typeof value === "number" ? value : otherwise;
}

/** Logits, hidden states, attentions. */
export function activationLimit(check: CheckJson, key: string): number {
  return Math.max(2e-5, 10 * numberIn(check.noise, key));
}

export function lossLimit(loss: number): number {
  return 1e-5 * Math.max(1e-2, Math.abs(loss));
}

export function gradientLimit(expected: Float32Array): number {
  return 1e-6 + 1e-4 * expected.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
}
