/** @file One optimiser step over micro-batches. The loss is the mean over ALL target tokens of the step: each micro-batch's
 *  sum is divided by the step's total, so that the gradient does not depend on how the step was cut (a mean of means would
 *  weigh short micro-batches more). The gradient's norm is taken over the sum, and clipping is a factor that the optimiser
 *  applies. A loss or norm that is no number changes nothing: the weights are as before the step. */

import type { Batch } from "../data/index.js";
import type { CausalModel, DropoutOptions, ForwardOptions } from "../models/index.js";
import { add, backward, scale, type Tensor, zeroGrad } from "../tensor/index.js";
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
  model: CausalModel,
  optimizer: Optimizer,
  batches: readonly Batch[],
  options: StepOptions,
): StepResult {
  const parameters = [...model.parameters.values()];
  zeroGrad(parameters);
  const targets = batches.reduce((sum, b) => sum + b.targetCount, 0);
  let loss = 0;
  for (const [i, b] of batches.entries())
    loss += microBatch(model, b, targets, {
      recompute: options.recompute ?? false,
      dropout: options.dropout?.(i),
    });
  const gradNorm = gradientNorm(parameters);
  const finite = Number.isFinite(loss) && Number.isFinite(gradNorm);
  if (finite)
    model.engine.within("optimiser", () =>
      model.engine.scope(() =>
        optimizer.step({ lrFactor: options.lrFactor, gradScale: clipFactor(gradNorm, options.maxNorm) }),
      ),
    );
  return { loss, gradNorm, targets, finite };
}

/** Adds the gradients of one micro-batch; returns its share of the step's loss. */
function microBatch(model: CausalModel, b: Batch, normaliser: number, options: ForwardOptions): number {
  return model.engine.scope(() => {
    const { inputs: inputIds, batch, context: seq, documentStarts } = b;
    const { mixture } = model;
    const routerLogits: Tensor[] | undefined = mixture && mixture.balanceWeight > 0 ? [] : undefined;
    const hidden = model.hidden(
      { inputIds, batch, seq, documentStarts },
      { ...options, ...(routerLogits && { routerLogits }) },
    );
    const { loss: tokens } = model.loss(hidden, b.targets, Math.max(1, normaliser));
    const value = tokens.item();
    // Experts are balanced in each micro-batch, which counts as much as it has targets.
    const weight =
      mixture === undefined ? 0 : (mixture.balanceWeight * b.targetCount) / Math.max(1, normaliser);
    const loss = routerLogits ? add(tokens, scale(mixture!.balance(routerLogits), weight)) : tokens;
    backward(loss);
    return value;
  });
}
