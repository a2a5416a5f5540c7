/** @file RMSprop (Hinton 2012, lecture 6): v = α·v + (1−α)·g²;  p −= lr·g/(√v + ε), with momentum of that quotient if wanted. */

import { axpby, change, of, plus } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group } from "./perParameter.js";

export interface RmspropGroup extends Group {
  readonly alpha?: number;
  readonly eps?: number;
  readonly momentum?: number;
  /** Added to the gradient. */
  readonly weightDecay?: number;
}

export function createRmsprop(groups: readonly RmspropGroup[]): Optimizer {
  return createOptimizerOf(groups, {
    state: (p, { momentum = 0 }) => ({
      square_avg: p.shape,
      ...(momentum === 0 ? {} : { momentum_buffer: p.shape }),
    }),
    update({ p, g, state, lr, group }) {
      const { alpha = 0.99, eps = 1e-8, momentum = 0, weightDecay = 0 } = group;
      if (weightDecay !== 0) axpby(weightDecay, p, 1, g);
      const square = axpby(1 - alpha, of("square", g), alpha, state("square_avg"));
      const quotient = change("div", g, plus(of("sqrt", square), eps));
      axpby(-lr, momentum === 0 ? quotient : axpby(1, quotient, momentum, state("momentum_buffer")), 1, p);
    },
  });
}
