/** @file Pretraining: text in, a model folder and a report out. The parts are elsewhere; this is their order.
 *
 *  const run = await pretrain({ data: "stories/", depth: 6, minutes: 5, out: "runs/first" });
 *
 *  A run that was stopped or killed goes on with { out, resume: true }, to the same bits. */

import { createValidation } from "../data/index.js";
import { saveModel } from "../models/index.js";
import { writeAtomic } from "../platform/files.js";
import { describeMachine } from "../platform/machine.js";
import { createEngine, type Engine } from "../tensor/index.js";
import { saveTokenizer } from "../tokenizer/index.js";
import { type Cadence, cadenceOf } from "./cadence.js";
import { latestCheckpoint, readCheckpoint } from "./checkpoint.js";
import type { PretrainConfig, PretrainRecipe } from "./config/index.js";
import { type EvaluationResult, evaluateLoss } from "./evaluate.js";
import type { Listener, RunFacts, TrainEvent } from "./events.js";
import { flopsPerToken, measurePeak } from "./flops.js";
import { lineageOf } from "./lineage.js";
import { trainLoop } from "./loop.js";
import { measureStep, stepsWithin } from "./measure.js";
import { type MetricsLog, openMetrics } from "./metrics.js";
import { modelConfig } from "./modelConfig.js";
import { type Plan, totalSteps } from "./plan.js";
import { type PreparedData, prepareData } from "./prepare.js";
import { batchSizes, minutesOf, modelShape, rates } from "./presets.js";
import { renderReport } from "./report/report.js";
import { openRun, type RunFolder } from "./runFolder.js";
import { samplePrompt, sampleText } from "./sample.js";
import { createSession, type Session, type SessionOptions, usesDocuments } from "./session.js";

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
  const engine = createEngine({
    device: recipe.device,
    compute: recipe.compute,
    ...(recipe.threads === undefined ? {} : { threads: recipe.threads }),
    onFallback: (why) => emit({ type: "note", message: `the slow reference engine is used: ${why}` }),
  });
  try {
    const data = await prepareData(recipe, run.paths.data, emit, signal);
    try {
      return await train(run, engine, data, emit, signal);
    } finally {
      data.train.close();
      data.validation.close();
    }
  } finally {
    engine.dispose();
  }
}

async function train(
  run: RunFolder,
  engine: Engine,
  data: PreparedData,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<PretrainResult> {
  const { recipe, paths } = run;
  const now = () => performance.now();
  const shape = modelShape(recipe);
  const { batch, microBatch } = batchSizes(recipe, shape.context);
  const { tokenizer } = data;
  const options: SessionOptions = {
    engine,
    recipe,
    config: modelConfig(shape, { vocabSize: tokenizer.vocabSize, eosId: tokenizer.eosId }),
    rates: rates(recipe, shape),
    shards: data.train,
    microBatch,
    context: shape.context,
  };
  const microBatches = batch / microBatch;
  const prompt = samplePrompt(recipe, tokenizer, data.validation);
  const peakFlops = measurePeak(engine, now);
  const plan = run.plan() ?? makePlan(run, options, microBatches, emit, now);
  signal?.throwIfAborted();

  const session = createSession(options);
  const checkpoint = latestCheckpoint(paths.checkpoints);
  const state = checkpoint === undefined ? undefined : readCheckpoint(checkpoint, session.tensors);
  if (state !== undefined) session.restore(state);
  const start = { step: state?.step ?? 0, tokens: state?.tokens ?? 0, elapsedMs: state?.elapsedMs ?? 0 };
  const metrics = openMetrics(paths.metrics, start.step);
  const facts = factsOf(run, session, data, {
    batch,
    context: shape.context,
    plan,
    from: start.step,
    peakFlops,
  });
  const listener = reporting(run, facts, metrics, emit);
  listener({ type: "start", ...facts });

  const measured = (tokens: number, elapsedMs: number, step: number): PretrainMetrics => ({
    steps: step,
    tokens,
    seconds: elapsedMs / 1000,
  });
  const cadence = cadenceOf(recipe, plan.steps, batch * shape.context, shape.context);
  const evaluate = (all: boolean) =>
    evaluateLoss(
      session.model,
      validationOf(recipe, data, microBatch, shape.context, all ? undefined : cadence),
      signal,
    );
  const sample = (seed: number, tokens: number) =>
    sampleText(session.model, tokenizer, { prompt, tokens, seed });
  const result = await trainLoop({
    session,
    recipe,
    plan,
    lr: options.rates.lr,
    microBatches,
    folder: paths.checkpoints,
    start,
    budgetMs: budgetMs(recipe),
    evaluateEvery: cadence.evaluateEvery,
    sampleEvery: cadence.sampleEvery,
    flopsPerToken: flopsPerToken(session.model, shape.context),
    peakFlops,
    async evaluate(at) {
      const found = await evaluate(false);
      // So that a run can be talked to while it goes on.
      save(run, session, data, measured(at.tokens, at.elapsedMs, at.step));
      return found;
    },
    sample: (step) => sample(step, SAMPLE_TOKENS),
    savePlan: run.savePlan,
    emit: listener,
    signal,
    now,
  });
  return session.withBest(async () => {
    const metrics = measured(result.tokens, result.elapsedMs, result.step);
    if (result.stopped) {
      save(run, session, data, metrics);
      return { model: paths.model, report: paths.report, finished: false, metrics };
    }
    listener({ type: "sample", step: result.step, text: await sample(result.step, SAMPLE_TOKENS) });
    const validation = await evaluate(true);
    const final = { ...metrics, validation };
    listener({ type: "stage", stage: "save", message: "writing the model" });
    save(run, session, data, final);
    listener({ type: "validation", step: result.step, final: true, ...validation });
    listener({ type: "done", step: result.step, model: paths.model, report: paths.report });
    return { model: paths.model, report: paths.report, finished: true, metrics: final };
  });
}

/** Tokens of a sample at most. */
const SAMPLE_TOKENS = 150;

function budgetMs(recipe: PretrainRecipe): number | undefined {
  const minutes = minutesOf(recipe);
  return minutes === undefined ? undefined : minutes * 60_000;
}

function makePlan(
  run: RunFolder,
  options: SessionOptions,
  microBatches: number,
  emit: Listener,
  now: () => number,
): Plan {
  const { recipe } = run;
  const budget = budgetMs(recipe);
  let steps =
    recipe.steps ?? Math.ceil((recipe.tokens ?? 0) / (options.microBatch * microBatches * options.context));
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

/** The first tokens of the validation text, or all of it. */
function validationOf(
  recipe: PretrainRecipe,
  data: PreparedData,
  batch: number,
  context: number,
  part: Cadence | undefined,
) {
  return createValidation({
    shards: data.validation,
    batch,
    context,
    documentStarts: usesDocuments(recipe, data.validation),
    ...(part === undefined ? {} : { maxRows: Math.ceil(part.evaluateTokens / context) }),
  });
}

interface MoreFacts {
  readonly batch: number;
  readonly context: number;
  readonly plan: Plan;
  readonly from: number;
  readonly peakFlops: number;
}

function factsOf(run: RunFolder, session: Session, data: PreparedData, more: MoreFacts): RunFacts {
  const { model } = session;
  const { backend, compute } = model.engine;
  return {
    out: run.folder,
    family: model.family,
    depth: model.layers,
    dim: model.dim,
    parameters: [...model.parameters.values()].reduce((sum, p) => sum + p.size, 0),
    vocabSize: model.vocabSize,
    context: more.context,
    batch: more.batch,
    steps: totalSteps(more.plan),
    from: more.from,
    trainTokens: data.train.tokens,
    validationTokens: data.validation.tokens,
    engine: `${backend.name} (${backend.isa}), ${compute}, ${backend.threads} threads`,
    peakFlops: more.peakFlops,
  };
}

/** Passes events on, records what is a metric, and writes the report anew where there is something to see. */
function reporting(run: RunFolder, facts: RunFacts, metrics: MetricsLog, emit: Listener): Listener {
  const machine = describeMachine();
  let steps = facts.steps;
  return (event: TrainEvent) => {
    metrics.add(event);
    if (event.type === "step" || event.type === "plan") steps = event.steps;
    emit(event);
    if (event.type !== "validation" && event.type !== "stopped") return;
    const state = event.type === "stopped" ? "stopped" : event.final ? "finished" : "running";
    const title = `${facts.family}, ${facts.depth} layers, ${(facts.parameters / 1e6).toFixed(1)} M parameters`;
    writeAtomic(
      run.paths.report,
      renderReport({ title, state, facts: { ...facts, steps }, metrics, recipe: run.recipe, machine }),
    );
  };
}

/** What small models write best with; whoever loads the model may say otherwise. */
const GENERATION = { do_sample: true, temperature: 0.8, top_p: 0.95 };

function save(run: RunFolder, session: Session, data: PreparedData, metrics: PretrainMetrics): void {
  saveTokenizer(data.tokenizer, run.paths.model);
  const lineage = lineageOf(run, data, metrics, session.model.engine);
  saveModel(session.model, run.paths.model, { lineage, generationConfig: GENERATION });
}
