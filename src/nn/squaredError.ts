/** @file Squared error Σ (x − y)² / normaliser: of regression. */

import { scale, sub, sum, type Tensor, unary } from "../tensor/index.js";

/** `targets`: as many as x has numbers. */
export function squaredError(x: Tensor, targets: ArrayLike<number>, normaliser: number): Tensor {
  const off = sub(x, x.engine.tensor(Float32Array.from(targets), x.shape));
  return scale(sum(unary("square", off)), 1 / normaliser);
}
