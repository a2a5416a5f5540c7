/** @file The loss of `linearCrossEntropy` where something adapts the projection: the same sum over the same kind of chunks, but
 *  each chunk's logits are computed as the adapter says, and again in the backward, so that never more than one chunk of them
 *  exists. Costs one product more than the fused form. */

import { checkpoint } from "../checkpoint.js";
import type { Tensor } from "../tensor.js";
import { type CrossEntropyResult, crossEntropy, type LinearCrossEntropyOptions } from "./crossEntropy.js";
import { add, softcap as capped } from "./elementwise.js";
import { linear } from "./linear.js";
import { rowsOf } from "./rows.js";
import { reshape } from "./shape.js";

/** As `linearCrossEntropy`, `chunk` rows at a time. */
export function adaptedCrossEntropy(
  x: Tensor,
  weight: Tensor,
  targets: Tensor,
  normaliser: number,
  { bias, softcap = 0 }: LinearCrossEntropyOptions,
  chunk: number,
): CrossEntropyResult {
  const { engine, rows } = x;
  const flat = reshape(x, [rows, x.columns]);
  const losses = engine.empty([rows]);
  const leaves = bias === undefined ? [weight] : [weight, bias];
  let loss: Tensor | undefined;
  for (let from = 0; from < Math.max(rows, 1); from += chunk) {
    const count = Math.min(chunk, rows - from);
    const part = checkpoint(rowsOf(flat, from, from + count), leaves, (some) => {
      const z = linear(some, weight, { bias, dtype: "f32" });
      const logits = softcap > 0 ? capped(z, softcap) : z;
      const result = crossEntropy(logits, targets.alias([count], from), normaliser);
      engine.backend.copy(result.losses, { storage: losses.storage, offset: losses.offset + from }, count);
      return result.loss;
    });
    loss = loss === undefined ? part : add(loss, part);
  }
  return { loss: loss!, losses };
}
