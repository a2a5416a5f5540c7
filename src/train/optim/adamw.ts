/** @file AdamW (Loshchilov & Hutter 2019; bias correction of Kingma & Ba 2015), every tensor in one kernel call:
 *  p ·= 1 − lr·wd; m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²; p −= lr · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε).
 *  t counts a parameter's own steps. With lr 0 the moments still advance. */

import type { AdamWParams, Tensor } from "../../tensor/index.js";
import { createCounts, nameOf, type Optimizer } from "./optimizer.js";

export interface AdamWGroup {
  readonly parameters: readonly Tensor[];
  readonly lr: number;
  readonly weightDecay?: number;
  /** Decay of the two moments; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  readonly eps?: number;
}

export function createAdamW(groups: readonly AdamWGroup[]): Optimizer {
  const all = groups.flatMap((group) => group.parameters);
  const counts = createCounts(all);
  const tensors = new Map<string, Tensor>();
  for (const p of all) {
    for (const key of ["exp_avg", "exp_avg_sq"])
      tensors.set(`${key}.${nameOf(p)}`, p.engine.zeros(p.shape).keep());
  }
  const { backend } = all[0]?.engine ?? {};
  return {
    tensors,
    counts: counts.counts,
    setCounts: counts.setCounts,
    step({ lrFactor = 1, gradScale = 1 } = {}) {
      const steps: AdamWParams[] = [];
      for (const { parameters, lr, weightDecay = 0, betas = [0.9, 0.999], eps = 1e-8 } of groups) {
        for (const param of parameters) {
          if (!param.gradFresh) continue;
          steps.push({
            param,
            grad: param.grad!,
            m: tensors.get(`exp_avg.${param.name}`)!,
            v: tensors.get(`exp_avg_sq.${param.name}`)!,
            length: param.size,
            lr: lr * lrFactor,
            beta1: betas[0],
            beta2: betas[1],
            eps,
            weightDecay,
            step: counts.next(param),
            gradScale,
          });
        }
      }
      backend?.adamw(steps);
    },
    dispose() {
      for (const t of tensors.values()) t.dispose();
    },
  };
}
