/** @file Batched matrix product y = a·b (or a·bᵀ): a [..., m, k], b [..., k, n] ([..., n, k] if transB), equal leading
 *  dimensions; y is f32. Backward: da = dy·bᵀ, db = aᵀ·dy. For a layer's weight use `linear`. */

import { sizeOf } from "../dtype.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";

export function matmul(a: Tensor, b: Tensor, options: { transB?: boolean; alpha?: number } = {}): Tensor {
  const { transB = false, alpha = 1 } = options;
  const lead = a.shape.slice(0, -2);
  const [m, k] = [a.shape.at(-2)!, a.shape.at(-1)!];
  const [n, kb] = transB ? [b.shape.at(-2)!, b.shape.at(-1)!] : [b.shape.at(-1)!, b.shape.at(-2)!];
  if (k !== kb || String(lead) !== String(b.shape.slice(0, -2)))
    throw new Error(`matmul of [${a.shape}] and [${b.shape}], transB ${transB}`);
  const count = sizeOf(lead);
  const { engine } = a;
  const { backend, compute } = engine;
  const y = engine.empty([...lead, m, n]);
  const batch = (strideA: number, strideB: number, strideC: number) => ({ count, strideA, strideB, strideC });
  backend.matmul({
    a,
    b,
    c: y,
    m,
    n,
    k,
    transB,
    lda: k,
    ldb: b.columns,
    ldc: n,
    alpha,
    compute,
    batch: batch(m * k, n * k, m * n),
  });
  return record("matmul", [a, b], y, (g, dy) => {
    const da = g.sink(a, true);
    if (da) {
      backend.matmul({
        a: dy,
        b,
        c: da.target,
        m,
        n: k,
        k: n,
        transB: !transB,
        lda: n,
        ldb: b.columns,
        ldc: k,
        alpha,
        accumulate: da.accumulate,
        compute,
        batch: batch(m * n, n * k, m * k),
      });
    }
    const db = g.sink(b, true);
    if (db) {
      const [p, q, rows, cols, sp, sq] = transB ? [dy, a, n, k, m * n, m * k] : [a, dy, k, n, m * k, m * n];
      backend.matmul({
        a: p,
        b: q,
        c: db.target,
        m: rows,
        n: cols,
        k: m,
        transA: true,
        lda: rows,
        ldb: cols,
        ldc: cols,
        alpha,
        accumulate: db.accumulate,
        compute,
        batch: batch(sp, sq, rows * cols),
      });
    }
  });
}
