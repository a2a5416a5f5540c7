/** @file `metrics.jsonl`: a line a step, a validation, a sample, in the order in which they happened. Lines are appended;
 *  a kill may tear the last one, and a resumed run repeats the steps after its checkpoint, so both are dropped on resume. */

import { appendLine, exists, readText, writeAtomic } from "../platform/files.js";
import type { StepEvent, TrainEvent } from "./events.js";
import { measuredKeys } from "./measures.js";

export interface StepLine {
  readonly step: number;
  readonly loss: number;
  readonly lr: number;
  readonly grad_norm: number;
  readonly tokens: number;
  readonly tokens_per_second: number;
  /** null where the peak was not measured. */
  readonly peak_share: number | null;
  readonly elapsed_ms: number;
}
export interface ValidationLine {
  readonly step: number;
  readonly validation_loss: number;
  readonly perplexity: number;
  readonly tokens: number;
  readonly final: boolean;
  /** What else was measured, under the keys of `measures.ts`. */
  readonly [measure: string]: number | boolean;
}
export interface SampleLine {
  readonly step: number;
  readonly sample: string;
}
export type MetricsLine = StepLine | ValidationLine | SampleLine;

export interface Metrics {
  readonly steps: StepLine[];
  readonly validations: ValidationLine[];
  readonly samples: SampleLine[];
}

export interface MetricsLog extends Metrics {
  /** Appends what of an event is a metric. */
  add(event: TrainEvent): void;
}

/** Opens `file`, keeping the lines up to `upTo` steps. */
export function openMetrics(file: string, upTo: number): MetricsLog {
  const kept = exists(file) ? readMetrics(file, upTo) : { steps: [], validations: [], samples: [] };
  const lines: MetricsLine[] = [...kept.steps, ...kept.validations, ...kept.samples].sort(
    (a, b) => a.step - b.step || rank(a) - rank(b),
  );
  writeAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    ...kept,
    add(event) {
      const line = lineOf(event);
      if (line === undefined) return;
      place(kept, line);
      appendLine(file, JSON.stringify(line));
    },
  };
}

/** Lines up to `upTo` steps. A torn last line is left out. */
export function readMetrics(file: string, upTo = Number.POSITIVE_INFINITY): Metrics {
  const metrics: Metrics = { steps: [], validations: [], samples: [] };
  for (const text of readText(file).split("\n")) {
    let line: MetricsLine;
    try {
      line = JSON.parse(text) as MetricsLine;
    } catch {
      continue; // torn by a kill, or the empty end
    }
    if (typeof line?.step === "number" && line.step <= upTo) place(metrics, line);
  }
  return metrics;
}

function place(metrics: Metrics, line: MetricsLine): void {
  if (isStep(line)) metrics.steps.push(line);
  else if (isSample(line)) metrics.samples.push(line);
  else metrics.validations.push(line);
}

const isStep = (line: MetricsLine): line is StepLine => "loss" in line;
const isSample = (line: MetricsLine): line is SampleLine => "sample" in line;

function rank(line: MetricsLine): number {
  return isStep(line) ? 0 : isSample(line) ? 2 : 1;
}

function lineOf(event: TrainEvent): MetricsLine | undefined {
  if (event.type === "step") return stepLine(event);
  if (event.type === "sample") return { step: event.step, sample: event.text };
  if (event.type !== "validation") return undefined;
  return {
    step: event.step,
    validation_loss: event.loss,
    perplexity: round(event.perplexity),
    ...measuredKeys(event),
    tokens: event.tokens,
    final: event.final,
  };
}

function stepLine(e: StepEvent): StepLine {
  return {
    step: e.step,
    loss: e.loss,
    lr: e.lr,
    grad_norm: round(e.gradNorm),
    tokens: e.tokens,
    tokens_per_second: Math.round(e.tokensPerSecond),
    peak_share: Number.isNaN(e.peakShare) ? null : round(e.peakShare),
    elapsed_ms: Math.round(e.elapsedMs),
  };
}

/** Six digits are enough to look at. The losses are kept whole: they are compared to the bit. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
