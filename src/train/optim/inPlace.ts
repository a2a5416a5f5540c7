/** @file Arithmetic on tensors in place, for rules of optimisers: nothing is recorded. */

import type { Binary, Tensor, Unary } from "../../tensor/index.js";

/** y = α·x + β·y. */
export function axpby(alpha: number, x: Tensor, beta: number, y: Tensor): Tensor {
  y.engine.backend.axpby({ alpha, x, beta, y, length: y.size });
  return y;
}

/** y = y op x; x may be shorter, and is then repeated, or a number. */
export function change(op: Binary, y: Tensor, x: Tensor | number): Tensor {
  const b = typeof x === "number" ? y.engine.tensor([x]) : x;
  y.engine.backend.binary({ op, a: y, b, y, length: y.size, bLength: b.size });
  return y;
}

/** f(x), new. */
export function of(op: Unary, x: Tensor): Tensor {
  const y = x.engine.empty(x.shape);
  x.engine.backend.unary({ op, x, y, length: x.size });
  return y;
}

/** y = y + constant. */
export function plus(y: Tensor, constant: number): Tensor {
  y.engine.backend.affine({ x: y, y, alpha: 1, constant, length: y.size });
  return y;
}

/** √mean(x²). */
export function rootMeanSquare(x: Tensor): number {
  return Math.sqrt(x.engine.backend.sumSquares(x, x.size) / x.size);
}
