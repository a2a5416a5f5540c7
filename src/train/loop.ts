/** @file The loop: steps until the plan is done or somebody asks to stop; now and then a checkpoint, a validation, a sample.
 *  Nothing in it but the plan's corrections (which are recorded) and the pace of checkpoints depends on the clock, so what
 *  is learned is a function of recipe, seed and data. */

import { isUserError, UserError } from "../platform/errors.js";
import { nextTurn } from "../platform/turn.js";
import type { Cadence } from "./cadence.js";
import { latestCheckpoint, writeCheckpoint } from "./checkpoint.js";
import type { PretrainRecipe } from "./config/index.js";
import { dropoutOf } from "./dropout.js";
import type { Listener } from "./events.js";
import type { EvaluationResult } from "./measures.js";
import { correctionAt, factorAt, type Plan, scheduleOf, totalSteps } from "./plan.js";
import type { Session } from "./session.js";
import { type StepResult, trainStep } from "./step.js";

export interface LoopOptions {
  readonly session: Session;
  readonly recipe: PretrainRecipe;
  readonly plan: Plan;
  /** Highest learning rate of the matrices inside, for the record. */
  readonly lr: number;
  readonly microBatches: number;
  /** Where checkpoints go. */
  readonly folder: string;
  /** What was done before this process. */
  readonly start: Progress;
  /** Milliseconds of the budget, or undefined where it is in steps. */
  readonly budgetMs: number | undefined;
  readonly cadence: Cadence;
  readonly peakFlops: number;
  readonly evaluate: (at: Progress) => Promise<EvaluationResult>;
  readonly sample: (step: number) => Promise<string>;
  /** Makes a corrected plan durable, before it takes effect. */
  readonly savePlan: (plan: Plan) => void;
  readonly emit: Listener;
  readonly signal: AbortSignal | undefined;
  readonly now: () => number;
}

export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Target tokens seen. */
  readonly tokens: number;
  readonly elapsedMs: number;
}

export interface LoopResult extends Progress {
  readonly stopped: boolean;
}

export async function trainLoop(options: LoopOptions): Promise<LoopResult> {
  const { session, recipe, start, emit, now } = options;
  const { model, dealer, flopsPerToken } = session.training;
  const schedule = scheduleOf(recipe, options.plan.steps);
  const began = now();
  let { plan } = options;
  let { step, tokens } = start;
  let saved = { step: start.step, at: began };
  const elapsed = () => start.elapsedMs + now() - began;
  const save = () => {
    if (saved.step === step && step > 0) return;
    const state = {
      format: "cygnet-checkpoint/1",
      step,
      tokens,
      elapsedMs: elapsed(),
      ...session.state(),
    } as const;
    const folder = writeCheckpoint(options.folder, state, session.tensors);
    saved = { step, at: now() };
    emit({ type: "checkpoint", step, folder });
  };

  while (step < totalSteps(plan)) {
    const correction =
      options.budgetMs === undefined || plan.corrections.some((c) => c.from >= step)
        ? undefined
        : correctionAt(plan, step, elapsed(), options.budgetMs);
    if (correction !== undefined) {
      plan = { ...plan, corrections: [...plan.corrections, correction] };
      options.savePlan(plan);
      emit({ type: "plan", step, steps: correction.total });
    }
    const factor = factorAt(schedule, plan, step);
    const stepBegan = now();
    const batches = Array.from({ length: options.microBatches }, () => dealer.next());
    const result = atStep(step + 1, options, () =>
      trainStep(model, session.optimizer, batches, {
        lrFactor: factor,
        maxNorm: recipe.clip,
        recompute: recipe.recompute,
        dropout: dropoutOf(recipe, step),
      }),
    );
    if (!result.finite) throw notFinite(step + 1, result, options);
    session.average?.update();
    step++;
    tokens += result.targets;
    const took = now() - stepBegan;
    const perSecond = (1000 * result.targets) / took;
    const total = totalSteps(plan);
    emit({
      type: "step",
      step,
      steps: total,
      loss: result.loss,
      lr: options.lr * factor,
      gradNorm: result.gradNorm,
      targets: result.targets,
      tokens,
      tokensPerSecond: perSecond,
      peakShare: (perSecond * flopsPerToken) / options.peakFlops,
      elapsedMs: elapsed(),
      leftMs: ((now() - began) / (step - start.step)) * (total - step),
      epochs: dealer.epochs(),
    });
    await nextTurn();
    if (options.signal?.aborted === true) {
      save();
      emit({ type: "stopped", step, steps: total });
      return { step, tokens, elapsedMs: elapsed(), stopped: true };
    }
    const last = step >= total;
    if (last || now() - saved.at >= recipe.checkpointSeconds * 1000) save();
    if (last) break;
    if (step % options.cadence.evaluateEvery === 0) {
      save(); // written first, so that nothing is lost if the validation is what fails
      const measured = await session.withBest(() => options.evaluate({ step, tokens, elapsedMs: elapsed() }));
      emit({ type: "validation", step, final: false, ...measured });
    }
    if (step % options.cadence.sampleEvery === 0)
      emit({ type: "sample", step, text: await session.withBest(() => options.sample(step)) });
  }
  return { step, tokens, elapsedMs: elapsed(), stopped: false };
}

type Place = Pick<LoopOptions, "folder" | "recipe">;

function notFinite(step: number, { loss, gradNorm }: StepResult, { folder, recipe }: Place): UserError {
  const whether = Number.isFinite(loss);
  return new UserError({
    code: "loss-not-finite",
    at: `step ${step}`,
    message: whether ? "the gradients are no longer finite numbers" : "the loss is no longer a finite number",
    found: whether ? gradNorm : loss,
    fix: `${remedy(folder)}. To see which operation made the first of them, go on from there with --resume --debug-numerics --out ${recipe.out}`,
  });
}

/** Runs fn; to what the engine says of a number that is not finite (`--debug-numerics`), the step is added. */
function atStep<T>(step: number, { folder }: Place, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!isUserError(error) || error.code !== "not-finite") throw error;
    const { at } = error.detail;
    throw new UserError({
      ...error.detail,
      at: `step ${step}${at === undefined ? "" : `, ${at}`}`,
      fix: remedy(folder),
      cause: error,
    });
  }
}

function remedy(folder: string): string {
  const kept = latestCheckpoint(folder);
  const last =
    kept === undefined ? "there is no checkpoint before it" : `the last good checkpoint is ${kept}`;
  return `lower the learning rates or lengthen the warm-up, and begin anew (${last})`;
}
