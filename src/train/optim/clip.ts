/** @file Clipping by the global norm (Pascanu et al. 2013): all gradients together are shortened to `maxNorm` where they are
 *  longer. As torch does it, the factor is min(1, maxNorm / (norm + 1e-6)), so a norm of exactly maxNorm shrinks a little;
 *  one NaN makes the factor NaN. The factor is given to the optimiser (`gradScale`): no pass over the gradients is needed. */

import type { Tensor } from "../../tensor/index.js";

/** Euclidean norm of the fresh gradients together, summed in fp64; or the sum of their sizes (1), or the largest (∞). */
export function gradientNorm(parameters: Iterable<Tensor>, kind: 1 | 2 | typeof Infinity = 2): number {
  let total = 0;
  for (const p of parameters) {
    if (!p.gradFresh) continue;
    if (kind === 2) total += p.engine.backend.sumSquares(p.grad!, p.size);
    else
      for (const g of p.grad!.readFloats()) {
        const size = Math.abs(g);
        if (kind === 1) total += size;
        else if (!(size <= total)) total = size; // a NaN comes in …
        if (Number.isNaN(total)) return total; // … and stays
      }
  }
  return kind === 2 ? Math.sqrt(total) : total;
}

/** Clipping number by number: every gradient's numbers come to lie between −limit and limit. */
export function clipValues(parameters: Iterable<Tensor>, limit: number): void {
  for (const p of parameters) {
    if (!p.gradFresh) continue;
    const { engine, size: length } = p;
    const y = p.grad!;
    engine.scope(() => {
      for (const [op, bound] of [
        ["min", limit],
        ["max", -limit],
      ] as const)
        engine.backend.binary({ op, a: y, b: engine.tensor([bound]), y, length, bLength: 1 });
    });
  }
}

/** What gradients of this norm are multiplied with. */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
