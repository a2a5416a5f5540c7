/** @file Adam (Kingma & Ba 2015) where `createAdamW` does not do: with decay added to the gradient ("gradient", Adam's own), or
 *  with AMSGrad's largest second moment (Reddi et al. 2018).
 *  m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²;  p −= lr/(1−β₁ᵗ) · m/(√(v or its largest so far)/√(1−β₂ᵗ) + ε). */

import { axpby, change, of, plus } from "./inPlace.js";
import type { Optimizer } from "./optimizer.js";
import { createOptimizerOf, type Group } from "./perParameter.js";

export interface AdamGroup extends Group {
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
  /** "gradient": added to it (Adam); "weights": they shrink (AdamW). Default "gradient". */
  readonly decay?: "gradient" | "weights";
  readonly amsgrad?: boolean;
}

export function createAdam(groups: readonly AdamGroup[]): Optimizer {
  return createOptimizerOf(groups, {
    state: (p, { amsgrad = false }) => ({
      exp_avg: p.shape,
      exp_avg_sq: p.shape,
      ...(amsgrad ? { max_exp_avg_sq: p.shape } : {}),
    }),
    update({ p, g, state, step, lr, group }) {
      const {
        betas = [0.9, 0.999],
        eps = 1e-8,
        weightDecay = 0,
        decay = "gradient",
        amsgrad = false,
      } = group;
      if (weightDecay !== 0) {
        if (decay === "gradient") axpby(weightDecay, p, 1, g);
        else axpby(0, p, 1 - lr * weightDecay, p);
      }
      const m = axpby(1 - betas[0], g, betas[0], state("exp_avg"));
      const v = axpby(1 - betas[1], of("square", g), betas[1], state("exp_avg_sq"));
      const size = of("sqrt", amsgrad ? change("max", state("max_exp_avg_sq"), v) : v);
      const divisor = plus(change("mul", size, 1 / Math.sqrt(1 - betas[1] ** step)), eps);
      const quotient = change("div", axpby(1, m, 0, g), divisor);
      axpby(-lr / (1 - betas[0] ** step), quotient, 1, p);
    },
  });
}
