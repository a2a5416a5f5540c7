/** @file What a run learns. An objective turns a recipe's text into tokens on disk, and these and an engine into a model that
 *  trains: micro-batches with a loss, a validation, a sample. The loop, checkpoints, plan and report know this and nothing
 *  of words. */

import type { LanguageModel } from "../../models/index.js";
import type { Engine } from "../../tensor/index.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import type { PretrainRecipe } from "../config/index.js";
import type { Listener } from "../events.js";
import type { EvaluationResult } from "../measures.js";
import type { Dealer } from "../microBatch.js";
import type { Source } from "../prepare.js";

export interface Objective {
  /** `folder` keeps what is made; what is there is not made again. Throws UserError for text that cannot be used. */
  prepare(
    recipe: PretrainRecipe,
    folder: string,
    emit: Listener,
    signal: AbortSignal | undefined,
  ): Promise<Prepared>;
}

/** Text as tokens, and what is known of it. */
export interface Prepared {
  readonly tokenizer: Tokenizer;
  readonly tokenizerHash: string;
  readonly sources: readonly Source[];
  /** Changes when any file does. */
  readonly sourcesKey: string;
  readonly trainTokens: number;
  readonly validationTokens: number;
  /** Targets of a row, on average: what a step of so many rows counts for in a budget of tokens. */
  readonly rowTokens: number;
  /** A new model, and all that its training needs. */
  begin(engine: Engine, microBatch: number): Training;
  close(): void;
}

/** How much of the validation text a look on the way takes. */
export interface Part {
  readonly tokens: number;
}

export interface Training {
  readonly model: LanguageModel;
  /** Of the decoder, where there are two stacks. */
  readonly layers: number;
  /** Floating-point operations a target token of a training step. */
  readonly flopsPerToken: number;
  readonly dealer: Dealer;
  /** On a part of the validation text (always the same one), or on all of it. */
  evaluate(part: Part | undefined, signal: AbortSignal | undefined): Promise<EvaluationResult>;
  /** What the model makes of something, seeded: the same weights give the same sample. */
  sample(seed: number): Promise<string>;
  /** What whoever generates with the model should do unless told otherwise (generation_config.json). */
  readonly generationConfig: Readonly<Record<string, unknown>>;
}
