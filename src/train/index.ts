/** @file Training: optimisers, schedules, the loop, pretraining. */

export * from "./adapters/index.js";
export { PARTS, type PretrainConfig, type PretrainRecipe, PretrainSchema } from "./config/index.js";
export type { Listener, RunFacts, StepEvent, TrainEvent } from "./events.js";
export { isFinished } from "./lineage.js";
export { type EvaluationResult, MEASURES, type Measure, type MeasureName, measuresOf } from "./measures.js";
export { type Metrics, readMetrics } from "./metrics.js";
export type { LossOptions, MicroBatch, MicroLoss } from "./microBatch.js";
export { causalBatch, evaluateLoss } from "./objectives/index.js";
export { type AdafactorGroup, createAdafactor } from "./optim/adafactor.js";
export { type AdagradGroup, createAdagrad } from "./optim/adagrad.js";
export { type AdamGroup, createAdam } from "./optim/adam.js";
export { type AdamWGroup, createAdamW } from "./optim/adamw.js";
export { clipFactor, clipValues, gradientNorm } from "./optim/clip.js";
export { createWeightAverage, type WeightAverage } from "./optim/ema.js";
export { decays } from "./optim/groups.js";
export { type HfSchedule, scheduleFromHf } from "./optim/hfSchedule.js";
export { createLion, type LionGroup } from "./optim/lion.js";
export { beginMetric, followMetric, type MetricSchedule, type MetricState } from "./optim/metricSchedule.js";
export { createMuon, type MuonGroup } from "./optim/muon.js";
export { type NewtonSchulzOptions, newtonSchulz } from "./optim/newtonSchulz.js";
export { combineOptimizers, type Optimizer } from "./optim/optimizer.js";
export { createRmsprop, type RmspropGroup } from "./optim/rmsprop.js";
export { lrFactor, type Schedule, warmupSteps } from "./optim/schedule.js";
export { createSgd, type SgdGroup } from "./optim/sgd.js";
export { type PretrainMetrics, type PretrainOptions, type PretrainResult, pretrain } from "./pretrain.js";
export { type StepResult, trainStep } from "./step.js";
