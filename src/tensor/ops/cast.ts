/** @file The same values in another type: f32 → bf16 rounds to nearest even, bf16 → f32 is exact. Backward: dx = dy, in x's
 *  type. */

import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";

/** x itself where it is of that type. */
export function cast(x: Tensor, dtype: "f32" | "bf16"): Tensor {
  if (x.dtype === dtype) return x;
  if (x.dtype === "i32") throw new Error(`cast of i32 [${x.shape}] to ${dtype}`);
  const y = x.engine.empty(x.shape, dtype);
  x.engine.backend.copy(x, y, x.size);
  return record("cast", [x], y, (g, dy) => g.pass(x, dy));
}

/** Both in one type: f32 if they differ. */
export function alike(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  return a.dtype === b.dtype ? [a, b] : [cast(a, "f32"), cast(b, "f32")];
}
