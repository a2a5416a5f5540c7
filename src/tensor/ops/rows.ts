/** @file Rows of a matrix: some of them, a factor for each, sums of rows into places, and a view of some. These send tokens to experts and bring back what they made of them.
 *    scaleRows    y[r] = s[r]·x[r]              dx[r] = s[r]·dy[r];  ds[r] = dy[r]·x[r]
 *    scatterRows  y[ids[r]] += x[r], else 0     dx[r] = dy[ids[r]]
 *    rowsOf       y = x[from:to], no copy       dx = dy there, else 0 */

import { type Shape, sizeOf } from "../dtype.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { embedding } from "./embedding.js";
import { reshape } from "./shape.js";

/** Some rows of x [..., dim] counted through: [rows.length, dim]. */
export function gatherRows(x: Tensor, rows: Int32Array): Tensor {
  return embedding(reshape(x, [x.rows, x.columns]), x.engine.tensor(rows));
}

/** x [rows, dim], factors: `rows` numbers of any shape. In f32. */
export function scaleRows(of: Tensor, factors: Tensor): Tensor {
  const x = cast(of, "f32");
  const { engine, rows, columns } = x;
  const { backend } = engine;
  if (factors.size !== rows) throw new Error(`scaleRows of [${x.shape}] by [${factors.shape}]`);
  const scaled = (of: Tensor): Tensor => {
    const y = engine.empty(x.shape);
    engine.scope(() => {
      const spread = spreadRows(factors, columns);
      backend.binary({ op: "mul", a: of, b: spread, y, length: x.size, bLength: x.size });
    });
    return y;
  };
  return record("scaleRows", [x, factors], scaled(x), (g, dy) => {
    if (x.requiresGrad) g.give(x, scaled(dy));
    if (!factors.requiresGrad) return;
    const d = engine.empty(factors.shape);
    engine.scope(() => {
      const product = engine.empty(x.shape);
      backend.binary({ op: "mul", a: dy, b: x, y: product, length: x.size, bLength: x.size });
      backend.sumCols({ x: product, y: d, rows, cols: columns });
    });
    g.give(factors, d);
  });
}

/** Each number `times` over: y[r, i] = x[r]. Not recorded. */
export function spreadRows(x: Tensor, times: number): Tensor {
  const y = x.engine.empty([x.size, times]);
  x.engine.backend.stridedCopy({
    x,
    y,
    shape: [x.size, times],
    xStrides: [1, 0],
    yStrides: [times, 1],
    accumulate: false,
  });
  return y;
}

/** x [n, dim], ids i32 [n] → `shape`, whose rows are the places; what goes to one place is added in the order of x. In f32. */
export function scatterRows(of: Tensor, ids: Tensor, shape: Shape): Tensor {
  const x = cast(of, "f32");
  const { engine, columns: dim } = x;
  const { backend } = engine;
  if (ids.size !== x.rows) throw new Error(`scatterRows of [${x.shape}] by ${ids.size} ids to [${shape}]`);
  const y = engine.zeros(shape);
  backend.embeddingBackward({ dTable: y, ids, dy: x, rows: x.rows, dim, vocab: y.rows });
  return record("scatterRows", [x], y, (g, dy) => {
    const dx = engine.empty(x.shape);
    backend.embedding({ table: dy, ids, y: dx, rows: x.rows, dim });
    g.give(x, dx);
  });
}

/** x[from:to] along the first axis: a view of the same memory. */
export function rowsOf(x: Tensor, from: number, to: number): Tensor {
  const [count, ...rest] = x.shape;
  if (count === undefined || from < 0 || to > count || from > to)
    throw new Error(`rows ${from}:${to} of [${x.shape}]`);
  if (x.adapter !== null)
    throw new Error(`${x.name ?? "a tensor"} is adapted as a whole: rows of it are not`);
  const at = from * sizeOf(rest);
  return record("rowsOf", [x], x.alias([to - from, ...rest], at), (g, dy) => {
    const { target, accumulate } = g.sink(x)!;
    const { backend } = x.engine;
    if (!accumulate) backend.fill(target, target.size, 0);
    const place = { storage: target.storage, offset: target.offset + at };
    backend.axpby({ alpha: 1, x: dy, beta: 1, y: place, length: dy.size });
  });
}
