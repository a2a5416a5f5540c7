/** @file How fast a step is here: some steps of a model like the one to be trained, thrown away afterwards, so that the run
 *  itself begins from its seed with its length known. */

import { dropoutOf } from "./dropout.js";
import { createSession, type SessionOptions } from "./session.js";
import { trainStep } from "./step.js";

export interface MeasureOptions extends SessionOptions {
  readonly microBatches: number;
  /** Milliseconds to spend at most, beyond the first step. */
  readonly limitMs: number;
  readonly now: () => number;
}

const MOST_STEPS = 8;

/** Milliseconds a step, the middle of some. */
export function measureStep(options: MeasureOptions): number {
  const { now, recipe } = options;
  const session = createSession(options);
  const { model, dealer } = session.training;
  try {
    const step = () => {
      const began = now();
      const batches = Array.from({ length: options.microBatches }, () => dealer.next());
      trainStep(model, session.optimizer, batches, {
        lrFactor: 0,
        maxNorm: recipe.clip,
        recompute: recipe.recompute,
        dropout: dropoutOf(recipe, 0),
      });
      return now() - began;
    };
    const first = step(); // pays for memory and threads
    const times: number[] = [];
    for (
      const began = now();
      times.length < MOST_STEPS && (times.length === 0 || now() - began < options.limitMs);
    )
      times.push(step());
    times.sort((a, b) => a - b);
    return times[times.length >> 1] ?? first;
  } finally {
    session.dispose();
  }
}

/** Share of the time that validation, samples and checkpoints will take. */
const OVERHEAD = 0.04;

/** Steps that fit into the budget. */
export function stepsWithin(budgetMs: number, stepMs: number): number {
  return Math.max(1, Math.floor((budgetMs * (1 - OVERHEAD)) / stepMs));
}
