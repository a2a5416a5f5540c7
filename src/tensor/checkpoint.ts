/** @file Activation checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of a layer y = f(x) only x
 *  is held; the backward computes the layer again, on a tape of its own, and differentiates that. A third more work (one
 *  forward of three passes' worth), and the memory of one layer instead of all. The bits are those without: the same calls
 *  in the same order. */

import { backwardFrom, record, recording } from "./tape.js";
import type { Tensor } from "./tensor.js";

/** f(x), computed again in the backward. `parameters`: the leaves that f uses and that may be trained (what adapts them
 *  counts as well). f must give the same values each time, keep nothing of what it makes, and use no tensor that needs a
 *  gradient but x and `parameters`. */
export function checkpoint(x: Tensor, parameters: Iterable<Tensor>, f: (x: Tensor) => Tensor): Tensor {
  const { engine } = x;
  const inputs = [x];
  for (const p of parameters) {
    inputs.push(p);
    if (p.adapter !== null) inputs.push(...p.adapter.parameters);
  }
  if (!recording(inputs)) return engine.layer(() => f(x));
  const y = engine.noGrad(() => engine.scope(() => f(x)));
  return record("checkpoint", inputs, y, (g, dy) => {
    const [gradient, leaf] = engine.scope(() => {
      const again = x.alias();
      again.requiresGrad = x.requiresGrad;
      const output = engine.withGradients(true, () => engine.layer(() => f(again)));
      backwardFrom(output, dy.alias());
      const { grad } = again;
      again.grad = null;
      return [grad, again];
    });
    leaf.dispose();
    if (gradient !== null) g.give(x, gradient);
  });
}
