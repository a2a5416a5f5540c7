/** @file How many steps a run has, and where a step stands on the schedule.
 *
 *  A budget of minutes becomes a number of steps after a short measurement. Machines change their pace, so the number may
 *  be corrected a few times on the way; each correction is written to disk before it takes effect, so that a run which is
 *  killed and resumed follows the same corrections and ends with the same bits. After a correction at step s, the rest of
 *  the schedule is walked faster or slower, without a jump: the schedule is asked at a *virtual* step, which is the step
 *  itself while nothing was corrected. */

import type { PretrainRecipe } from "./config/index.js";
import { lrFactor, type Schedule, warmupSteps } from "./optim/schedule.js";

export interface Correction {
  /** First step under it. */
  readonly from: number;
  /** Steps of the whole run from now on. */
  readonly total: number;
}

export interface Plan {
  /** Steps as first planned: the schedule's length. */
  readonly steps: number;
  readonly corrections: readonly Correction[];
}

export function totalSteps(plan: Plan): number {
  return plan.corrections.at(-1)?.total ?? plan.steps;
}

/** Where step `step` stands on a schedule of `plan.steps` steps. */
export function virtualStep(plan: Plan, step: number): number {
  let [from, at, total] = [0, 0, plan.steps];
  for (const c of plan.corrections) {
    if (c.from > step) break;
    at += ((c.from - from) * (plan.steps - at)) / (total - from);
    [from, total] = [c.from, c.total];
  }
  if (from === 0) return step;
  return at + ((step - from) * (plan.steps - at)) / (total - from);
}

/** The recipe's schedule over `steps` steps. */
export function scheduleOf(recipe: PretrainRecipe, steps: number): Schedule {
  const warmup = Math.min(warmupSteps(recipe.warmup, steps), steps);
  const minRatio = recipe.finalLr;
  switch (recipe.schedule) {
    case "constant":
      return { name: "constant_with_warmup", warmup };
    case "cosine":
      return { name: "cosine_with_min_lr", warmup, total: steps, minRatio };
    case "linear":
      return { name: "polynomial", warmup, total: Math.max(steps, warmup + 1), endRatio: minRatio };
    case "wsd": {
      const decay = Math.min(Math.ceil(recipe.decay * steps), steps - warmup);
      return {
        name: "warmup_stable_decay",
        warmup,
        stable: steps - warmup - decay,
        decay,
        minRatio,
        decayShape: recipe.decayShape,
      };
    }
  }
}

/** The factor on all rates at a step. It is read in the middle of the step, so that neither the first nor the last step is
 *  spent at rate 0. */
export function factorAt(schedule: Schedule, plan: Plan, step: number): number {
  return lrFactor(schedule, virtualStep(plan, step + 0.5));
}

/** Shares of the run at which its length is looked at again. */
const CHECKPOINTS = [0.05, 0.15, 0.3, 0.5, 0.7, 0.85];
const TOLERANCE = 0.02;
/** Steps without which a pace is no pace. */
const FEWEST = 5;

/** A correction to take effect at `step`, if the run would miss its time by more than a little; else undefined.
 *  `elapsed` and `budget` in milliseconds, `elapsed` for the steps done. */
export function correctionAt(
  plan: Plan,
  step: number,
  elapsed: number,
  budget: number,
): Correction | undefined {
  const total = totalSteps(plan);
  const due = CHECKPOINTS.some((share) => Math.round(share * total) === step);
  if (!due || step < FEWEST) return undefined;
  const left = Math.round(((budget - elapsed) / elapsed) * step);
  const wanted = step + Math.max(1, left);
  return Math.abs(wanted - total) > TOLERANCE * total ? { from: step, total: wanted } : undefined;
}
