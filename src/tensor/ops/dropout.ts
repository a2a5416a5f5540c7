/** @file Dropout (Srivastava et al. 2014): y = x ⊙ m (+ residual), m = 0 with chance p, else 1/(1 − p), so that nothing changes on
 *  average. Backward: dx = dy ⊙ m, dResidual = dy. The mask is computed again from its seed and stream: nothing is kept. */

import type { Operand } from "../backend.js";
import type { DropoutMask } from "../dropoutMask.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";

/** Of x's type; with a residual (x's shape) f32 if either is. */
export function dropout(x: Tensor, mask: DropoutMask, residual?: Tensor): Tensor {
  if (residual !== undefined && String(residual.shape) !== String(x.shape))
    throw new Error(`dropout: [${x.shape}] and the residual [${residual.shape}] differ`);
  const dtype = x.dtype === "bf16" && (residual?.dtype ?? "bf16") === "bf16" ? "bf16" : "f32";
  const from = cast(x, dtype);
  const onto = residual && cast(residual, dtype);
  const { engine, size: length } = x;
  const y = engine.empty(x.shape, dtype);
  const compute = (into: Operand) =>
    engine.backend.dropout({ x: from, residual: onto, y: into, length, mask });
  compute(y);
  return record(
    "dropout",
    [from, ...(onto ? [onto] : [])],
    y,
    (g, dy) => {
      const dx = g.sink(from);
      if (dx) {
        const to = dx.target;
        engine.backend.dropout({ x: dy, residual: dx.accumulate ? to : undefined, y: to, length, mask });
      }
      if (onto) g.pass(onto, dy);
    },
    [],
    onto === undefined ? compute : undefined,
  );
}
