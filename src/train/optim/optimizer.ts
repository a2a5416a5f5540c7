/** @file What an optimiser is to the loop: a step from the parameters' `.grad`, and a state that a checkpoint can hold. */

import type { Tensor } from "../../tensor/index.js";

export interface StepOptions {
  /** Multiplies every group's learning rate: the schedule. Default 1. */
  readonly lrFactor?: number;
  /** Multiplies the gradients first: clipping, without a pass of its own. Default 1. */
  readonly gradScale?: number;
}

export interface Optimizer {
  /** Updates every parameter with a fresh gradient; one without is left alone: no decay, no count (as in torch). */
  step(options?: StepOptions): void;
  /** State under `<key>.<parameter name>`; the tensors are the optimiser's own: a checkpoint reads or writes them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Steps taken, by parameter name: for the bias correction. */
  counts(): Record<string, number>;
  setCounts(counts: Readonly<Record<string, number>>): void;
  dispose(): void;
}

/** The parameter's name; a parameter without one cannot be found again in a checkpoint. */
export function nameOf(parameter: Tensor): string {
  if (parameter.name === undefined) throw new Error(`a parameter of shape [${parameter.shape}] has no name`);
  return parameter.name;
}

/** Step counts of some parameters, with their reading and writing. */
export function createCounts(
  parameters: readonly Tensor[],
): { next(p: Tensor): number } & Pick<Optimizer, "counts" | "setCounts"> {
  const steps = new Map<string, number>(parameters.map((p) => [nameOf(p), 0]));
  return {
    next(p) {
      const step = steps.get(nameOf(p))! + 1;
      steps.set(nameOf(p), step);
      return step;
    },
    counts: () => Object.fromEntries(steps),
    setCounts(counts) {
      for (const name of steps.keys()) {
        const step = counts[name];
        if (!Number.isSafeInteger(step))
          throw new Error(`the optimiser's state has no step count for ${name}`);
        steps.set(name, step!);
      }
    },
  };
}

/** Several optimisers, each with parameters of its own, as one. */
export function combineOptimizers(parts: readonly Optimizer[]): Optimizer {
  return {
    step: (options) => {
      for (const part of parts) part.step(options);
    },
    tensors: new Map(parts.flatMap((part) => [...part.tensors])),
    counts: () => Object.assign({}, ...parts.map((part) => part.counts())) as Record<string, number>,
    setCounts: (counts) => {
      for (const part of parts) part.setCounts(counts);
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}
