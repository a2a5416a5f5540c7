/** @file Lion (Chen et al. 2023): every number moves by the rate, in the direction of a momentum that looks ahead.
 *  p ·= 1 − lr·wd;  p −= lr·sign(β₁·m + (1−β₁)·g);  m = β₂·m + (1−β₂)·g. The sign of 0 is 0. */

import { axpby, change, of } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group } from "./perParameter.js";

export interface LionGroup extends Group {
  readonly betas?: readonly [number, number];
  readonly weightDecay?: number;
}

/** The smallest normal float32. */
const LEAST = 2 ** -126;

export function createLion(groups: readonly LionGroup[]): Optimizer {
  return createOptimizerOf(groups, {
    state: (p) => ({ exp_avg: p.shape }),
    update({ p, g, state, lr, group }) {
      const { betas = [0.9, 0.99], weightDecay = 0 } = group;
      const m = state("exp_avg");
      const ahead = axpby(1 - betas[0], g, 0, p.engine.empty(p.shape));
      axpby(betas[0], m, 1, ahead);
      const sign = change("div", ahead, change("max", of("abs", ahead), LEAST));
      axpby(-lr, sign, 1 - lr * weightDecay, p);
      axpby(1 - betas[1], g, betas[1], m);
    },
  });
}
