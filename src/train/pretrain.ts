/** @file Pretraining: text in, a model folder and a report out. The parts are elsewhere; this is their order.
 *
 *  const run = await pretrain({ data: "stories/", depth: 6, minutes: 5, out: "runs/first" });
 *
 *  A run that was stopped or killed goes on with { out, resume: true }, to the same bits. */

import { saveModel } from "../models/index.js";
import { createEngine, type Engine } from "../tensor/index.js";
import { saveTokenizer } from "../tokenizer/index.js";
import { cadenceOf } from "./cadence.js";
import { latestCheckpoint, readCheckpoint } from "./checkpoint.js";
import type { PretrainConfig } from "./config/index.js";
import type { Listener } from "./events.js";
import { measurePeak } from "./flops.js";
import { lineageOf } from "./lineage.js";
import { type LoopResult, type Progress, trainLoop } from "./loop.js";
import { budgetMs, makePlan } from "./makePlan.js";
import type { EvaluationResult } from "./measures.js";
import { openMetrics } from "./metrics.js";
import { objectiveOf } from "./objectives/index.js";
import type { Prepared } from "./objectives/objective.js";
import { batchSizes, modelShape, rates } from "./presets.js";
import { factsOf, reporting } from "./reporting.js";
import { openRun, type RunFolder } from "./runFolder.js";
import { createSession, type Session, type SessionOptions } from "./session.js";

export interface PretrainOptions {
  /** Told of everything that happens. */
  readonly onEvent?: Listener;
  /** Aborted: the step under way is finished, a checkpoint and the model as it is are written, and the promise is kept. */
  readonly signal?: AbortSignal;
}

export interface PretrainResult {
  /** The model's folder. */
  readonly model: string;
  /** The report's file. */
  readonly report: string;
  /** False where the run was stopped on the way. */
  readonly finished: boolean;
  readonly metrics: PretrainMetrics;
}

export interface PretrainMetrics {
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the whole validation text; absent where the run was stopped on the way. */
  readonly validation?: EvaluationResult;
}

/** Throws UserError for a recipe or text that cannot be used, a full disk, a loss that is no number; the signal's reason
 *  where it was aborted before the first step. */
export async function pretrain(
  config: PretrainConfig,
  { onEvent, signal }: PretrainOptions = {},
): Promise<PretrainResult> {
  const run = openRun(config);
  const emit: Listener = onEvent ?? (() => {});
  const { recipe } = run;
  batchSizes(recipe, modelShape(recipe), 1); // a recipe that makes no sense is refused before any work
  const engine = createEngine({
    device: recipe.device,
    compute: recipe.compute,
    debugNumerics: recipe.debugNumerics,
    ...(recipe.threads === undefined ? {} : { threads: recipe.threads }),
    onFallback: (why) => emit({ type: "note", message: why }),
  });
  try {
    const data = await objectiveOf(recipe).prepare(recipe, run.paths.data, emit, signal);
    try {
      return await train(run, engine, data, emit, signal);
    } finally {
      data.close();
    }
  } finally {
    engine.dispose();
  }
}

async function train(
  run: RunFolder,
  engine: Engine,
  data: Prepared,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<PretrainResult> {
  const { recipe, paths } = run;
  const now = () => performance.now();
  const shape = modelShape(recipe);
  const { batch, microBatch } = batchSizes(recipe, shape, data.rowTokens);
  const microBatches = batch / microBatch;
  const { context } = shape;
  const options: SessionOptions = { engine, recipe, rates: rates(recipe, shape), data, microBatch };
  const peakFlops = measurePeak(engine, now);
  const plan = run.plan() ?? makePlan(run, options, microBatches, emit, now);
  signal?.throwIfAborted();

  const session = createSession(options);
  const { training } = session;
  const start = restore(session, paths.checkpoints);
  const metrics = openMetrics(paths.metrics, start.step);
  const facts = factsOf(run, session, data, { batch, context, plan, from: start.step, peakFlops });
  const listener = reporting(run, facts, metrics, emit);
  listener({ type: "start", ...facts });

  const cadence = cadenceOf(recipe, plan.steps, batch * data.rowTokens, data.rowTokens);
  const result = await trainLoop({
    session,
    recipe,
    plan,
    lr: options.rates.lr,
    microBatches,
    folder: paths.checkpoints,
    start,
    budgetMs: budgetMs(recipe),
    cadence,
    peakFlops,
    async evaluate(at) {
      const found = await training.evaluate({ tokens: cadence.evaluateTokens }, signal);
      save(run, session, data, metricsOf(at)); // so that a run can be talked to while it goes on
      return found;
    },
    sample: training.sample,
    savePlan: run.savePlan,
    emit: listener,
    signal,
    now,
  });
  return session.withBest(() => finish({ run, session, data, result, listener, signal }));
}

/** Puts the last checkpoint into the session, if there is one; returns what was done until then. */
function restore(session: Session, folder: string): Progress {
  const checkpoint = latestCheckpoint(folder);
  if (checkpoint === undefined) return { step: 0, tokens: 0, elapsedMs: 0 };
  const state = readCheckpoint(checkpoint, session.tensors);
  session.restore(state);
  return state;
}

interface FinishOptions {
  readonly run: RunFolder;
  readonly session: Session;
  readonly data: Prepared;
  readonly result: LoopResult;
  readonly listener: Listener;
  readonly signal: AbortSignal | undefined;
}

/** Sample, validation on all of the text, the model's folder; of a run that was stopped, the folder alone. */
async function finish({
  run,
  session,
  data,
  result,
  listener,
  signal,
}: FinishOptions): Promise<PretrainResult> {
  const { training } = session;
  const { model, report } = run.paths;
  const { step } = result;
  const metrics = metricsOf(result);
  if (result.stopped) {
    save(run, session, data, metrics);
    return { model, report, finished: false, metrics };
  }
  listener({ type: "sample", step, text: await training.sample(step) });
  const validation = await training.evaluate(undefined, signal);
  const final = { ...metrics, validation };
  listener({ type: "stage", stage: "save", message: "writing the model" });
  save(run, session, data, final);
  listener({ type: "validation", step, final: true, ...validation });
  listener({ type: "done", step, model, report });
  return { model, report, finished: true, metrics: final };
}

function metricsOf({ step, tokens, elapsedMs }: Progress): PretrainMetrics {
  return { steps: step, tokens, seconds: elapsedMs / 1000 };
}

function save(run: RunFolder, { training }: Session, data: Prepared, metrics: PretrainMetrics): void {
  saveTokenizer(data.tokenizer, run.paths.model);
  const { model, generationConfig } = training;
  const lineage = lineageOf(run, data, metrics, model.engine);
  saveModel(model, run.paths.model, { lineage, generationConfig });
}
