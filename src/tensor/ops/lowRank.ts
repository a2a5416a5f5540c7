/** @file A product with a weight of low rank beside another: sum += Σ s·(x·Aᵀ)·Bᵀ, A [rank, in], B [out, rank]. It is never
 *  multiplied out to [out, in]: two thin products cost rank·(in + out) a row (LoRA; Hu et al. 2021, eq. 3).
 *  Backward, with h = x·Aᵀ and dh = s·dz·B: dB = s·dzᵀ·h; dA = dhᵀ·x; dx += dh·A. */

import type { Compute } from "../dtype.js";
import type { Gradients } from "../tape.js";
import type { Tensor } from "../tensor.js";

export interface LowRank {
  /** [rank, in] */
  readonly a: Tensor;
  /** [out, rank] */
  readonly b: Tensor;
  readonly scale: number;
  /** What it multiplies, where that is not the other product's: x with some of its numbers dropped, say. */
  readonly x?: Tensor | undefined;
}

/** Leaves and inputs that a product has because of them. */
export function lowRankInputs(terms: readonly LowRank[]): Tensor[] {
  return terms.flatMap(({ a, b, x }) => (x === undefined ? [a, b] : [a, b, x]));
}

/** Adds to `sum` f32 [..., out]; returns each h [rows, rank], for the backward. */
export function addLowRank(terms: readonly LowRank[], of: Tensor, sum: Tensor, compute: Compute): Tensor[] {
  const { backend } = of.engine;
  return terms.map(({ a, b, scale, x = of }) => {
    const [rank, k, m, n] = [a.shape[0]!, a.columns, x.rows, b.shape[0]!];
    if (x.columns !== k || m !== of.rows || b.columns !== rank || n !== sum.columns)
      throw new Error(`low rank: x [${x.shape}], A [${a.shape}], B [${b.shape}], sum [${sum.shape}]`);
    const h = narrow(of, [m, rank], compute);
    backend.matmul({ a: x, b: a, c: h, m, n: rank, k, transB: true, lda: k, ldb: k, ldc: rank, compute });
    backend.matmul({
      a: h,
      b,
      c: sum,
      m,
      n,
      k: rank,
      transB: true,
      lda: rank,
      ldb: rank,
      ldc: n,
      alpha: scale,
      accumulate: true,
      compute,
    });
    return h;
  });
}

/** dA and dB; returns each dh [rows, rank], for `lowRankInputGradients`. `hs`: what `addLowRank` returned. */
export function lowRankGradients(
  terms: readonly LowRank[],
  of: Tensor,
  hs: readonly Tensor[],
  dz: Tensor,
  g: Gradients,
  compute: Compute,
): Tensor[] {
  const { backend } = of.engine;
  return terms.map(({ a, b, scale, x = of }, i) => {
    const [rank, k, m, n] = [a.shape[0]!, a.columns, x.rows, b.shape[0]!];
    const db = g.sink(b);
    if (db)
      backend.matmul({
        a: dz,
        b: hs[i]!,
        c: db.target,
        m: n,
        n: rank,
        k: m,
        transA: true,
        lda: n,
        ldb: rank,
        ldc: rank,
        alpha: scale,
        accumulate: db.accumulate,
        compute,
      });
    const dh = narrow(of, [m, rank], compute);
    backend.matmul({
      a: dz,
      b,
      c: dh,
      m,
      n: rank,
      k: n,
      lda: n,
      ldb: rank,
      ldc: rank,
      alpha: scale,
      compute,
    });
    const da = g.sink(a);
    if (da)
      backend.matmul({
        a: dh,
        b: x,
        c: da.target,
        m: rank,
        n: k,
        k: m,
        transA: true,
        lda: rank,
        ldb: k,
        ldc: k,
        accumulate: da.accumulate,
        compute,
      });
    return dh;
  });
}

/** dx; the dh are released. */
export function lowRankInputGradients(
  terms: readonly LowRank[],
  of: Tensor,
  dhs: readonly Tensor[],
  g: Gradients,
  compute: Compute,
): void {
  terms.forEach(({ a, x = of }, i) => {
    const dh = dhs[i]!;
    const [rank, k] = [a.shape[0]!, a.columns];
    const dx = g.sink(x, true, terms.length + (x === of ? 1 : 0));
    if (dx)
      of.engine.backend.matmul({
        a: dh,
        b: a,
        c: dx.target,
        m: x.rows,
        n: k,
        k: rank,
        lda: rank,
        ldb: k,
        ldc: k,
        accumulate: dx.accumulate,
        compute,
      });
    dh.dispose();
  });
}

/** Between two products: in the type in which the second takes it. */
function narrow(of: Tensor, shape: readonly number[], compute: Compute): Tensor {
  return of.engine.empty(shape, compute === "bf16" ? "bf16" : "f32");
}
