/** @file One optimiser step over micro-batches. The loss is the mean over ALL target tokens of the step: each micro-batch's
 *  sum is divided by the step's total, so that the gradient does not depend on how the step was cut (a mean of means would
 *  weigh short micro-batches more). The gradient's norm is taken over the sum, and clipping is a factor that the optimiser
 *  applies. A loss or norm that is no number changes nothing: the weights are as before the step. */

import type { DropoutOptions, LanguageModel } from "../models/index.js";
import { backward, zeroGrad } from "../tensor/index.js";
import type { MicroBatch } from "./microBatch.js";
import { clipFactor, gradientNorm } from "./optim/clip.js";
import type { Optimizer } from "./optim/optimizer.js";

export interface StepResult {
  /** Nats a target token. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly targets: number;
  /** False where loss or norm was not finite: then nothing was updated. */
  readonly finite: boolean;
}

export interface StepOptions {
  readonly lrFactor: number;
  readonly maxNorm: number;
  /** See ForwardOptions.recompute. */
  readonly recompute?: boolean;
  /** What the micro-batch of this number drops. */
  readonly dropout?: ((microBatch: number) => DropoutOptions) | undefined;
}

export function trainStep(
  model: Pick<LanguageModel, "parameters" | "engine">,
  optimizer: Optimizer,
  batches: readonly MicroBatch[],
  options: StepOptions,
): StepResult {
  const { engine } = model;
  const parameters = [...model.parameters.values()];
  zeroGrad(parameters);
  const targets = batches.reduce((sum, b) => sum + b.targets, 0);
  let loss = 0;
  for (const [i, b] of batches.entries())
    loss += engine.scope(() => {
      const { total, reported } = b.loss(Math.max(1, targets), {
        recompute: options.recompute ?? false,
        dropout: options.dropout?.(i),
      });
      const value = reported.item();
      backward(total);
      return value;
    });
  const gradNorm = gradientNorm(parameters);
  const finite = Number.isFinite(loss) && Number.isFinite(gradNorm);
  if (finite)
    engine.within("optimiser", () =>
      engine.scope(() =>
        optimizer.step({ lrFactor: options.lrFactor, gradScale: clipFactor(gradNorm, options.maxNorm) }),
      ),
    );
  return { loss, gradNorm, targets, finite };
}
