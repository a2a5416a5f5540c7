/** @file Adagrad (Duchi et al. 2011): sum += g²;  p −= lr/(1 + (t−1)·decay) · g/(√sum + ε). */

import { axpby, change, of, plus } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group } from "./perParameter.js";

export interface AdagradGroup extends Group {
  readonly lrDecay?: number;
  readonly eps?: number;
  /** Added to the gradient. */
  readonly weightDecay?: number;
}

export function createAdagrad(groups: readonly AdagradGroup[]): Optimizer {
  return createOptimizerOf(groups, {
    state: (p) => ({ sum: p.shape }),
    update({ p, g, state, step, lr, group }) {
      const { lrDecay = 0, eps = 1e-10, weightDecay = 0 } = group;
      if (weightDecay !== 0) axpby(weightDecay, p, 1, g);
      const sum = axpby(1, of("square", g), 1, state("sum"));
      axpby(-lr / (1 + (step - 1) * lrDecay), change("div", g, plus(of("sqrt", sum), eps)), 1, p);
    },
  });
}
