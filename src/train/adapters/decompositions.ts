/** @file Singular values and orthogonal bases, in float64: what initial values of adapters and combinations of them need. Matrices
 *  are row-major Float64Arrays. */

export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

export interface Singular {
  /** [rows, count] */
  readonly u: Matrix;
  /** Descending, ≥ 0. */
  readonly values: Float64Array;
  /** [count, cols] */
  readonly vt: Matrix;
}

export function matrix(rows: number, cols: number, data?: ArrayLike<number>): Matrix {
  return { rows, cols, data: data === undefined ? new Float64Array(rows * cols) : Float64Array.from(data) };
}

export function transposed({ rows, cols, data }: Matrix): Matrix {
  const t = matrix(cols, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) t.data[j * rows + i] = data[i * cols + j]!;
  return t;
}

export function product(a: Matrix, b: Matrix): Matrix {
  const c = matrix(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    const out = c.data.subarray(i * b.cols, (i + 1) * b.cols);
    for (let k = 0; k < a.cols; k++) {
      const x = a.data[i * a.cols + k]!;
      const row = b.data.subarray(k * b.cols, (k + 1) * b.cols);
      for (let j = 0; j < row.length; j++) out[j]! += x * row[j]!;
    }
  }
  return c;
}

/** The `count` largest singular triplets of `a`, from the eigenvectors of the smaller of a·aᵀ and aᵀ·a: squaring costs digits only
 *  of values that are 10⁻⁸ of the largest. */
export function singular(a: Matrix, count: number): Singular {
  const wide = a.rows <= a.cols;
  const lines = wide ? a : transposed(a);
  const vectors = largestEigenvectors(gram(lines), count);
  const { left, values, right } = fromLeft(lines, vectors);
  return wide ? { u: left, values, vt: right } : { u: transposed(right), values, vt: transposed(left) };
}

/** The same approximately: `iterations` of a subspace of `count` and a few more dimensions (Halko, Martinsson & Tropp 2011,
 *  algorithm 4.4). `start`: random numbers [cols, count + extra]. */
export function singularBySubspace(a: Matrix, count: number, iterations: number, start: Matrix): Singular {
  const at = transposed(a);
  let q = orthonormal(product(a, start));
  for (let i = 0; i < iterations; i++) q = orthonormal(product(a, orthonormal(product(at, q))));
  const small = singular(product(transposed(q), a), Math.min(count, q.cols));
  return { ...small, u: product(q, small.u) };
}

/** The singular triplets of p·q, p [rows, inner], q [inner, cols], inner small: neither is the product made. */
export function singularOfProduct(p: Matrix, q: Matrix, count: number): Singular {
  const left = orthonormal(p);
  const right = orthonormal(transposed(q));
  const core = product(product(transposed(left), p), product(q, right));
  const { u, values, vt } = singular(core, count);
  return { u: product(left, u), values, vt: product(vt, transposed(right)) };
}

/** An orthonormal basis of the columns, in their order (Gram–Schmidt, twice: Giraud et al. 2005). A column that depends on those
 *  before it becomes zeros. */
export function orthonormal(a: Matrix): Matrix {
  const lines = transposed(a);
  const row = (i: number) => lines.data.subarray(i * a.rows, (i + 1) * a.rows);
  for (let i = 0; i < a.cols; i++) {
    const own = row(i);
    const before = norm(own);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = row(j);
        const share = dot(own, other);
        for (let k = 0; k < own.length; k++) own[k]! -= share * other[k]!;
      }
    const length = norm(own);
    const factor = length > 1e-12 * before ? 1 / length : 0;
    for (let k = 0; k < own.length; k++) own[k]! *= factor;
  }
  return transposed(lines);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

/** a·aᵀ */
function gram({ rows, cols, data }: Matrix): Matrix {
  const g = matrix(rows, rows);
  const row = (i: number) => data.subarray(i * cols, (i + 1) * cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) g.data[i * rows + j] = g.data[j * rows + i] = dot(row(i), row(j));
  return g;
}

/** Values and right vectors for left vectors (rows of `vectors`): σ·vᵀ = uᵀ·a. */
function fromLeft(a: Matrix, vectors: Matrix): { left: Matrix; values: Float64Array; right: Matrix } {
  const right = product(vectors, a);
  const values = new Float64Array(vectors.rows);
  for (let i = 0; i < vectors.rows; i++) {
    const row = right.data.subarray(i * a.cols, (i + 1) * a.cols);
    values[i] = norm(row);
    for (let j = 0; j < row.length; j++) row[j]! /= values[i]! || 1;
  }
  return { left: transposed(vectors), values, right };
}

/** Eigenvectors of a symmetric matrix that belong to its `count` largest eigenvalues, as rows, largest first. */
function largestEigenvectors(a: Matrix, count: number): Matrix {
  const n = a.rows;
  const { diagonal, beside, turn } = tridiagonal(a);
  const vectors = implicitQl(diagonal, beside, turn);
  const order = [...diagonal.keys()].sort((i, j) => diagonal[j]! - diagonal[i]!).slice(0, count);
  const top = matrix(order.length, n);
  order.forEach((from, to) => {
    top.data.set(vectors.data.subarray(from * n, (from + 1) * n), to * n);
  });
  return top;
}

/** Householder's reduction: turn·a·turnᵀ is tridiagonal. Golub & Van Loan, algorithm 8.3.1. */
function tridiagonal(given: Matrix): { diagonal: Float64Array; beside: Float64Array; turn: Matrix } {
  const n = given.rows;
  const a = given.data.slice();
  const turn = matrix(n, n);
  for (let i = 0; i < n; i++) turn.data[i * n + i] = 1;
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let square = 0;
    for (let i = k + 1; i < n; i++) square += a[i * n + k]! ** 2;
    const first = a[(k + 1) * n + k]!;
    const length = Math.sqrt(square);
    if (length === 0 || square === first ** 2) continue; // nothing below to make zero
    v.fill(0);
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!;
    v[k + 1]! += first < 0 ? -length : length;
    const beta = 2 / dot(v, v);
    // a ← (1 − βvvᵀ)·a·(1 − βvvᵀ) = a − v·wᵀ − w·vᵀ, w = β·a·v − ½β²(vᵀ·a·v)·v
    for (let i = k; i < n; i++) w[i] = beta * dot(a.subarray(i * n + k, (i + 1) * n), v.subarray(k));
    const share = (beta * dot(w.subarray(k), v.subarray(k))) / 2;
    for (let i = k; i < n; i++) w[i]! -= share * v[i]!;
    for (let i = k; i < n; i++) {
      const [vi, wi] = [v[i]!, w[i]!];
      for (let j = k; j < n; j++) a[i * n + j]! -= vi * w[j]! + wi * v[j]!;
    }
    // turn ← (1 − βvvᵀ)·turn
    w.fill(0);
    for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) w[j]! += v[i]! * turn.data[i * n + j]!;
    for (let i = k + 1; i < n; i++) {
      const factor = beta * v[i]!;
      for (let j = 0; j < n; j++) turn.data[i * n + j]! -= factor * w[j]!;
    }
    w.fill(0);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const beside = Float64Array.from({ length: n }, (_, i) => (i + 1 < n ? a[(i + 1) * n + i]! : 0));
  return { diagonal, beside, turn };
}

/** Eigenvalues into `d`; the rows of `turn` become the eigenvectors. Implicit QL with Wilkinson's shift. */
function implicitQl(d: Float64Array, e: Float64Array, turn: Matrix): Matrix {
  const n = d.length;
  const { data } = turn;
  for (let l = 0; l < n; l++) {
    for (let round = 0; ; round++) {
      let m = l;
      while (m + 1 < n && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (round === 60) throw new Error("the eigenvalues of a matrix do not converge: is it finite?");
      const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let g = d[m]! - d[l]! + e[l]! / (half + Math.sign(half || 1) * Math.hypot(half, 1));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const [f, b] = [s * e[i]!, c * e[i]!];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        [s, c] = [f / r, g / r];
        g = d[i + 1]! - p;
        const t = (d[i]! - g) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        for (let k = 0; k < n; k++) {
          const [low, high] = [data[i * n + k]!, data[(i + 1) * n + k]!];
          data[(i + 1) * n + k] = s * low + c * high;
          data[i * n + k] = c * low - s * high;
        }
      }
      if (i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return turn;
}
