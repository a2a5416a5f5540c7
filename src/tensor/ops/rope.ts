/** @file Rotary positions (Su et al. 2021) by halves, as Hugging Face's `rotate_half`: the pair (i, i + half) of each head is
 *  turned by the angle position·inv_freq[i]. x [batch, seq, heads·dim]; cos, sin [batch·seq, half], half ≤ dim/2 (elements
 *  beyond 2·half are left). Backward: the inverse turn. Saves nothing. */

import type { Operand } from "../backend.js";
import { changedInPlace } from "../rebuild.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";

export interface RopeOptions {
  /** Turn x where it lies: x must not be used afterwards, nor be needed by the backward of what made it (a linear layer
   *  without activation or a norm does not). */
  readonly inPlace?: boolean;
  /** Turn only so many heads from the first on, and leave the rest (the values of a fused projection); default all. */
  readonly heads?: number;
}

export function rope(x: Tensor, cos: Tensor, sin: Tensor, dim: number, options: RopeOptions = {}): Tensor {
  const { engine } = x;
  const rows = x.rows;
  const all = x.columns / dim;
  const { heads = all } = options;
  const half = cos.columns;
  if (!Number.isInteger(all) || heads > all || cos.rows !== rows || 2 * half > dim)
    throw new Error(`rope of [${x.shape}] in heads of ${dim} with tables [${cos.shape}]`);
  const copied = (from: Tensor) => {
    const to = engine.empty(x.shape, x.dtype);
    if (heads < all) engine.backend.copy(from, to, x.size);
    return to;
  };
  const y = options.inPlace ? x.alias() : copied(x);
  const turn = (from: Operand, to: Operand, sign: 1 | -1) =>
    engine.backend.rope({
      x: from,
      y: to,
      cos,
      sin,
      rows,
      heads,
      dim,
      half,
      ldx: x.columns,
      ldy: x.columns,
      sign,
    });
  turn(x, y, 1);
  if (options.inPlace) changedInPlace(x, (place) => turn(place, place, 1));
  return record("rope", [x], y, (g, dy) => {
    const dx = copied(dy);
    turn(dy, dx, -1);
    g.give(x, dx);
  });
}
