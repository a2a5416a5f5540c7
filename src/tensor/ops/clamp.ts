/** @file Values held within bounds: y = min(max(x, low), high). Backward: dx = dy where low < x < high, else 0, as the
 *  derivative of relu(high − x) and of relu(x − low). */

import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";

export function clamp(
  x: Tensor,
  bounds: { readonly low?: number | undefined; readonly high?: number | undefined },
): Tensor {
  const { low, high } = bounds;
  const { engine, size: length } = x;
  const { backend } = engine;
  const y = engine.empty(x.shape, x.dtype);
  backend.copy(x, y, length);
  engine.scope(() => {
    for (const [op, bound] of [
      ["max", low],
      ["min", high],
    ] as const)
      if (bound !== undefined)
        backend.binary({ op, a: y, b: engine.full([1], bound, x.dtype), y, length, bLength: 1 });
  });
  return record("clamp", [x], y, (g, dy) => {
    const dx = engine.empty(x.shape, x.dtype);
    backend.copy(dy, dx, length);
    engine.scope(() => {
      const distance = engine.empty(x.shape, x.dtype); // to a bound, positive within
      const stop = (alpha: number, constant: number) => {
        backend.affine({ x, y: distance, alpha, constant, length });
        backend.unaryBackward({ op: "relu", x: distance, dy: dx, dx, length, accumulate: false });
      };
      if (low !== undefined) stop(1, -low);
      if (high !== undefined) stop(-1, high);
    });
    g.give(x, dx);
  });
}
