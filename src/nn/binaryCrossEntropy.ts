/** @file Binary cross-entropy of independent labels: −Σ (w·y·log σ(z) + (1 − y)·log σ(−z)) / normaliser, z logits, y values from 0 to 1
 *  of z's shape, w how much a label's presence counts beside its absence (1 unless given). As the log-softmax of the two choices
 *  [z, 0], which neither overflows nor loses small probabilities. */

import { concat, mul, reshape, scale, softmax, sum, type Tensor } from "../tensor/index.js";

/** `positive`: w, of each label (z's last dimension). */
export function binaryCrossEntropy(
  logits: Tensor,
  labels: Float32Array,
  normaliser: number,
  positive?: ArrayLike<number>,
): Tensor {
  const { engine, size, columns } = logits;
  if (labels.length !== size) throw new Error(`${labels.length} labels for logits [${logits.shape}]`);
  const choices = concat([reshape(logits, [size, 1]), engine.zeros([size, 1])], 1);
  const weights = Float32Array.from({ length: 2 * size }, (_, i) => {
    const y = labels[i >> 1]!;
    return i % 2 === 0 ? y * (positive?.[(i >> 1) % columns] ?? 1) : 1 - y;
  });
  return scale(sum(mul(softmax(choices, { log: true }), engine.tensor(weights, [size, 2]))), -1 / normaliser);
}
