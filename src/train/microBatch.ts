/** @file What a training step is made of, whatever is trained: rows computed at once, with the number of their targets and
 *  their loss. Next words, masked words and translations each make theirs (`objectives/`). */

import type { DropoutOptions } from "../models/index.js";
import type { Tensor } from "../tensor/index.js";

export interface LossOptions {
  /** See ForwardOptions.recompute. */
  readonly recompute: boolean;
  readonly dropout: DropoutOptions | undefined;
}

export interface MicroLoss {
  /** What gradients are taken of, shape [1]. */
  readonly total: Tensor;
  /** The part that is reported: the targets' loss, without what keeps experts busy. Shape [1]. */
  readonly reported: Tensor;
}

export interface MicroBatch {
  /** How many targets there are. */
  readonly targets: number;
  /** Losses of the targets summed and divided by `normaliser`: the targets of all micro-batches of the step. */
  loss(normaliser: number, options: LossOptions): MicroLoss;
}

/** Micro-batches for ever, resumable exactly. */
export interface Dealer {
  next(): MicroBatch;
  /** Passes over the data begun so far, with the fraction of the current one. */
  epochs(): number;
  /** JSON. */
  state(): unknown;
  /** Throws UserError for the state of another run. */
  restore(state: unknown): void;
}
