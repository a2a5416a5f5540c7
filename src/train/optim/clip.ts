/** @file Clipping by the global norm (Pascanu et al. 2013): all gradients together are shortened to `maxNorm` where they are
 *  longer. As torch does it, the factor is min(1, maxNorm / (norm + 1e-6)), so a norm of exactly maxNorm shrinks a little;
 *  one NaN makes the factor NaN. The factor is given to the optimiser (`gradScale`): no pass over the gradients is needed. */

import type { Tensor } from "../../tensor/index.js";

/** Euclidean norm of the fresh gradients together, summed in fp64. */
export function gradientNorm(parameters: Iterable<Tensor>): number {
  let sum = 0;
  for (const p of parameters) if (p.gradFresh) sum += p.engine.backend.sumSquares(p.grad!, p.size);
  return Math.sqrt(sum);
}

/** What gradients of this norm are multiplied with. */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
