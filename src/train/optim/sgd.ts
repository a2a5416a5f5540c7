/** @file Stochastic gradient descent (Robbins & Monro 1951) with momentum (Polyak 1964; Nesterov 1983), as torch has it:
 *  g += wd·p;  buf = μ·buf + (1 − dampening)·g, in the first step g itself;  p −= lr·buf, Nesterov's: p −= lr·(g + μ·buf). */

import type { Shape } from "../../tensor/index.js";
import { axpby } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group } from "./perParameter.js";

export interface SgdGroup extends Group {
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  /** Added to the gradient. */
  readonly weightDecay?: number;
}

export function createSgd(groups: readonly SgdGroup[]): Optimizer {
  return createOptimizerOf(groups, {
    state: (p, { momentum = 0 }): Record<string, Shape> =>
      momentum === 0 ? {} : { momentum_buffer: p.shape },
    update({ p, g, state, step, lr, group }) {
      const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = group;
      if (weightDecay !== 0) axpby(weightDecay, p, 1, g);
      if (momentum === 0) {
        axpby(-lr, g, 1, p);
        return;
      }
      const buffer = state("momentum_buffer");
      if (step === 1) axpby(1, g, 0, buffer);
      else axpby(1 - dampening, g, momentum, buffer);
      if (nesterov) axpby(-lr, axpby(momentum, buffer, 1, g), 1, p);
      else axpby(-lr, buffer, 1, p);
    },
  });
}
