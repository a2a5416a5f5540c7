/** @file The training step that benchmarks measure: forward, loss, backward, AdamW on a batch that stays the same. */

import type { CausalModel } from "../src/models/index.js";
import { backward, zeroGrad } from "../src/tensor/index.js";
import { createAdamW } from "../src/train/optim/adamw.js";
import { clipFactor, gradientNorm } from "../src/train/optim/clip.js";
import { decays } from "../src/train/optim/groups.js";
import { fixedBatch, type TrainShape } from "./trainShapes.js";

export interface StepperOptions {
  /** The gradient's norm and its clipping too (bench/peers/torch_gpt.py does neither). */
  readonly clip: boolean;
  /** Layers computed again in the backward. */
  readonly recompute?: boolean;
}

/** A function that does one step and returns its loss. */
export function createStepper(
  model: CausalModel,
  shape: TrainShape,
  { clip, recompute = false }: StepperOptions,
): () => number {
  const parameters = [...model.parameters.values()];
  const group = (decay: boolean) => ({
    parameters: parameters.filter((p) => decays(p.name!, p.shape.length) === decay),
    lr: 3e-4,
    betas: [0.9, 0.95] as const,
    weightDecay: decay ? 0.1 : 0,
  });
  const optimizer = createAdamW([group(true), group(false)]);
  const { inputs, targets } = fixedBatch(shape);
  return () =>
    model.engine.scope(() => {
      zeroGrad(parameters);
      const hidden = model.hidden(
        { inputIds: inputs, batch: shape.batch, seq: shape.context },
        { recompute },
      );
      const { loss } = model.loss(hidden, targets, targets.length);
      backward(loss);
      if (clip) optimizer.step({ lrFactor: 1, gradScale: clipFactor(gradientNorm(parameters), 1) });
      else optimizer.step();
      return loss.item();
    });
}
