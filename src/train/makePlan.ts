/** @file The plan of a new run: the recipe's steps, or as many as its tokens or minutes give. */

import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";
import { measureStep, stepsWithin } from "./measure.js";
import type { Plan } from "./plan.js";
import { minutesOf } from "./presets.js";
import type { RunFolder } from "./runFolder.js";
import type { SessionOptions } from "./session.js";

/** Milliseconds of the budget, or undefined where it is in tokens or steps. */
export function budgetMs(recipe: PretrainRecipe): number | undefined {
  const minutes = minutesOf(recipe);
  return minutes === undefined ? undefined : minutes * 60_000;
}

/** Measures where it must, and writes the plan down. */
export function makePlan(
  run: RunFolder,
  options: SessionOptions,
  microBatches: number,
  emit: Listener,
  now: () => number,
): Plan {
  const { recipe } = run;
  const budget = budgetMs(recipe);
  let steps =
    recipe.steps ??
    Math.ceil((recipe.tokens ?? 0) / (options.microBatch * microBatches * options.data.rowTokens));
  if (budget !== undefined) {
    emit({ type: "stage", stage: "measure", message: "measuring the pace of a step" });
    steps = stepsWithin(
      budget,
      measureStep({ ...options, microBatches, limitMs: Math.min(4000, budget * 0.03), now }),
    );
  }
  const plan: Plan = { steps, corrections: [] };
  run.savePlan(plan);
  return plan;
}
