/** @file What a run tells while it goes. The loop only tells; how it is shown (a live view, JSON lines, a studio page) is
 *  decided by whoever listens. */

import type { EvaluationResult } from "./measures.js";

/** Facts of a run, known once it begins. */
export interface RunFacts {
  readonly out: string;
  readonly family: string;
  readonly depth: number;
  readonly dim: number;
  readonly parameters: number;
  readonly vocabSize: number;
  readonly context: number;
  /** Sequences a step. */
  readonly batch: number;
  readonly steps: number;
  /** First step of this process: above 0 where the run was resumed. */
  readonly from: number;
  readonly trainTokens: number;
  readonly validationTokens: number;
  readonly engine: string;
  /** Floating-point operations a second that a matrix product reaches here; NaN where not measured. */
  readonly peakFlops: number;
}

export interface StepEvent {
  readonly type: "step";
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** Nats a token. */
  readonly loss: number;
  /** Of the matrices inside. */
  readonly lr: number;
  readonly gradNorm: number;
  /** Target tokens of this step, and of all so far. */
  readonly targets: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** Share of the machine's peak; NaN where it was not measured. */
  readonly peakShare: number;
  readonly elapsedMs: number;
  readonly leftMs: number;
  readonly epochs: number;
}

export type TrainEvent =
  | {
      readonly type: "stage";
      readonly stage: "village" | "tokenizer" | "shards" | "measure" | "save";
      readonly message: string;
      readonly share?: number;
    }
  | { readonly type: "note"; readonly message: string }
  | ({ readonly type: "start" } & RunFacts)
  | StepEvent
  | ({ readonly type: "validation"; readonly step: number; readonly final: boolean } & EvaluationResult)
  | { readonly type: "sample"; readonly step: number; readonly text: string }
  | { readonly type: "checkpoint"; readonly step: number; readonly folder: string }
  | { readonly type: "plan"; readonly step: number; readonly steps: number }
  | { readonly type: "stopped"; readonly step: number; readonly steps: number }
  | { readonly type: "done"; readonly step: number; readonly model: string; readonly report: string };

export type Listener = (event: TrainEvent) => void;
