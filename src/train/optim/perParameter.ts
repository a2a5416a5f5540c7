/** @file Optimisers that treat each parameter by itself, from a rule: which state it has, and one step. AdamW and Muon, which training
 *  uses, have files and kernels of their own; these are the field's others, in a few passes over memory each. */

import type { Shape, Tensor } from "../../tensor/index.js";
import { createCounts, nameOf, type Optimizer } from "./optimizer.js";

export interface Group {
  readonly parameters: readonly Tensor[];
  readonly lr: number;
}

export interface Update<G> {
  readonly p: Tensor;
  /** The gradient, scaled; a copy that the rule may change. */
  readonly g: Tensor;
  state(key: string): Tensor;
  readonly group: G;
  /** Of this parameter, from 1. */
  readonly step: number;
  readonly lr: number;
}

export interface Rule<G extends Group> {
  /** Names and shapes of a parameter's state, which begins at zeros. */
  state(p: Tensor, group: G): Readonly<Record<string, Shape>>;
  /** Changes p and its state; within a scope. */
  update(u: Update<G>): void;
}

export function createOptimizerOf<G extends Group>(groups: readonly G[], rule: Rule<G>): Optimizer {
  const counts = createCounts(groups.flatMap(({ parameters }) => parameters));
  const tensors = new Map<string, Tensor>();
  for (const group of groups)
    for (const p of group.parameters)
      for (const [key, shape] of Object.entries(rule.state(p, group)))
        tensors.set(`${key}.${nameOf(p)}`, p.engine.zeros(shape).keep());
  return {
    tensors,
    counts: counts.counts,
    setCounts: counts.setCounts,
    step({ lrFactor = 1, gradScale = 1 } = {}) {
      for (const group of groups)
        for (const p of group.parameters) {
          if (!p.gradFresh) continue;
          const step = counts.next(p);
          const { engine } = p;
          engine.scope(() => {
            const g = engine.empty(p.shape);
            engine.backend.affine({ x: p.grad!, y: g, alpha: gradScale, constant: 0, length: g.size });
            const state = (key: string) => tensors.get(`${key}.${nameOf(p)}`)!;
            rule.update({ p, g, state, group, step, lr: group.lr * lrFactor });
          });
        }
    },
    dispose() {
      for (const t of tensors.values()) t.dispose();
    },
  };
}
