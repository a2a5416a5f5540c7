/** @file z-loss (Chowdhery et al. 2022, section 5): c · mean over counted rows of (log Σ exp z)², which keeps logits from drifting. */

import { mul, reshape, scale, slice, softmax, sub, sum, type Tensor, unary } from "../tensor/index.js";

/** logits [..., vocab]; labels [...]: rows with a negative one do not count. A scalar. */
export function zLoss(logits: Tensor, labels: ArrayLike<number>, coefficient: number): Tensor {
  const { engine, rows, columns } = logits;
  const flat = reshape(logits, [rows, columns]);
  const first = (x: Tensor) => reshape(slice(x, 1, 0, 1), [rows]);
  // log p = z − log Σ exp z, of the first column
  const lse = sub(first(flat), first(softmax(flat, { log: true })));
  const counted = Float32Array.from(labels, (label) => (label >= 0 ? 1 : 0));
  const count = counted.reduce((n, c) => n + c, 0);
  return scale(sum(mul(unary("square", lse), engine.tensor(counted))), coefficient / count);
}
