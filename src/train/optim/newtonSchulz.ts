/** @file Newton–Schulz iteration of Muon: an approximate orthogonalisation U·Vᵀ of matrices X = U·S·Vᵀ by five products
 *  that need no decomposition: A = X·Xᵀ, X ← a·X + (b·A + c·A²)·X (Jordan et al. 2024, kellerjordan.github.io/posts/muon).
 *  The singular values land in about [0.7, 1.2], not on 1: the coefficients are chosen for speed at zero.
 *
 *  A tall matrix is iterated from the other side (A = Xᵀ·X, X ← a·X + X·(b·A + c·A²)), which is the same as transposing it
 *  there and back. Matrices of one shape go through batched products together. */

import type { Engine, Tensor } from "../../tensor/index.js";

export interface NewtonSchulzOptions {
  readonly steps?: number;
  readonly coefficients?: readonly [number, number, number];
  readonly eps?: number;
  /** How eps guards the norm: X / max(‖X‖, eps) ("clamp", torch) or X / (‖X‖ + eps) ("add", Keller Jordan). */
  readonly guard?: "clamp" | "add";
}

/** x [count, rows, cols] → a new tensor of that shape; x is used up (it belongs to the scope around). */
export function newtonSchulz(engine: Engine, x: Tensor, options: NewtonSchulzOptions = {}): Tensor {
  const {
    steps = 5,
    coefficients: [a, b, c] = [3.4445, -4.775, 2.0315],
    eps = 1e-7,
    guard = "clamp",
  } = options;
  const { backend, compute } = engine;
  const [count, rows, cols] = x.shape as [number, number, number];
  const tall = rows > cols;
  const side = Math.min(rows, cols);
  normalise(engine, x, eps, guard);

  const square = side * side;
  const gram = engine.empty([count, side, side]);
  const poly = engine.empty([count, side, side]);
  const batch = { count, strideA: square, strideB: square, strideC: square };
  let [from, to] = [x, engine.empty(x.shape)];
  for (let i = 0; i < steps; i++) {
    const size = rows * cols;
    backend.matmul({
      a: from,
      b: from,
      c: gram,
      m: side,
      n: side,
      k: tall ? rows : cols,
      transA: tall,
      transB: !tall,
      lda: cols,
      ldb: cols,
      ldc: side,
      compute,
      batch: { count, strideA: size, strideB: size, strideC: square },
    });
    backend.affine({ x: gram, y: poly, alpha: b, constant: 0, length: poly.size });
    backend.matmul({
      a: gram,
      b: gram,
      c: poly,
      m: side,
      n: side,
      k: side,
      lda: side,
      ldb: side,
      ldc: side,
      alpha: c,
      accumulate: true,
      compute,
      batch,
    });
    backend.affine({ x: from, y: to, alpha: a, constant: 0, length: to.size });
    const [left, right, lda, strideA, strideB] = tall
      ? [from, poly, cols, size, square]
      : [poly, from, side, square, size];
    backend.matmul({
      a: left,
      b: right,
      c: to,
      m: rows,
      n: cols,
      k: side,
      lda,
      ldb: cols,
      ldc: cols,
      accumulate: true,
      compute,
      batch: { count, strideA, strideB, strideC: size },
    });
    [from, to] = [to, from];
  }
  return from;
}

function normalise({ backend }: Engine, x: Tensor, eps: number, guard: "clamp" | "add"): void {
  const size = x.size / x.shape[0]!;
  for (let i = 0; i < x.shape[0]!; i++) {
    const matrix = { storage: x.storage, offset: x.offset + i * size };
    const norm = Math.sqrt(backend.sumSquares(matrix, size));
    const divisor = guard === "add" ? norm + eps : Math.max(norm, eps);
    backend.affine({ x: matrix, y: matrix, alpha: 1 / divisor, constant: 0, length: size });
  }
}
