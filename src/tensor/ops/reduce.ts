/** @file Sums: over everything (fp64 over fixed blocks) and over the last dimension; softmax and log-softmax of rows. All
 *  in f32. */

import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { scale } from "./elementwise.js";

/** Σ x, shape [1]. */
export function sum(of: Tensor): Tensor {
  const x = cast(of, "f32");
  const { engine } = x;
  const y = engine.full([1], engine.backend.sum(x, x.size));
  return record("sum", [x], y, (g, dy) => g.give(x, engine.full(x.shape, dy.item())));
}

/** Mean of all elements, shape [1]; NaN for an empty tensor. */
export function mean(x: Tensor): Tensor {
  return scale(sum(x), 1 / x.size);
}

/** y[...] = Σ over the last dimension. */
export function sumLast(of: Tensor): Tensor {
  const x = cast(of, "f32");
  const { engine } = x;
  const y = engine.empty(x.shape.slice(0, -1));
  engine.backend.sumCols({ x, y, rows: x.rows, cols: x.columns });
  return record("sumLast", [x], y, (g, dy) => {
    const dx = engine.empty(x.shape);
    const { rows, columns: cols } = x;
    engine.backend.stridedCopy({
      x: dy,
      y: dx,
      shape: [rows, cols],
      xStrides: [1, 0],
      yStrides: [cols, 1],
      accumulate: false,
    });
    g.give(x, dx);
  });
}

/** softmax over the last dimension; its logarithm with `log`. dx = y·(dy − Σ dy·y); log: dx = dy − softmax·Σ dy. */
export function softmax(of: Tensor, options: { log?: boolean } = {}): Tensor {
  const x = cast(of, "f32");
  const { log = false } = options;
  const { engine } = x;
  const y = engine.empty(x.shape);
  const size = { rows: x.rows, cols: x.columns, log };
  engine.backend.softmax({ x, y, ...size });
  return record(log ? "logSoftmax" : "softmax", [x], y, (g, dy) => {
    const s = g.sink(x)!;
    engine.backend.softmaxBackward({ y, dy, dx: s.target, ...size, accumulate: s.accumulate });
  });
}
