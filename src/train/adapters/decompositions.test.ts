import { describe, expect, test } from "vitest";
import { createRandom } from "../../tensor/random.js";
import {
  type Matrix,
  matrix,
  orthonormal,
  product,
  singular,
  singularBySubspace,
  singularOfProduct,
  transposed,
} from "./decompositions.js";

const normal = (rows: number, cols: number, seed = 1): Matrix =>
  matrix(
    rows,
    cols,
    createRandom(seed)
      .stream(`${rows}x${cols}`)
      .fillNormal(new Float32Array(rows * cols)),
  );
const worst = (a: Matrix, b: Matrix) => Math.max(0, ...a.data.map((x, i) => Math.abs(x - b.data[i]!)));
const identity = (n: number) =>
  matrix(
    n,
    n,
    Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
  );
const back = ({ u, values, vt }: ReturnType<typeof singular>): Matrix =>
  product(
    matrix(
      u.rows,
      u.cols,
      u.data.map((x, i) => x * values[i % u.cols]!),
    ),
    vt,
  );

describe.each([
  [1, 1],
  [2, 7],
  [7, 2],
  [5, 5],
  [40, 60],
  [61, 33],
])("%i × %i", (rows, cols) => {
  const a = normal(rows, cols);
  const least = Math.min(rows, cols);

  test("all singular triplets give the matrix back, with orthonormal vectors", () => {
    const s = singular(a, least);
    expect(worst(back(s), a)).toBeLessThan(1e-12 * Math.max(rows, cols));
    expect(worst(product(transposed(s.u), s.u), identity(least))).toBeLessThan(1e-12 * least);
    expect(worst(product(s.vt, transposed(s.vt)), identity(least))).toBeLessThan(1e-9);
    expect([...s.values]).toEqual([...s.values].sort((x, y) => y - x));
  });

  test("some of them are the best approximation of their rank", () => {
    const all = singular(a, least).values;
    const rank = Math.ceil(least / 2);
    const rest = back(singular(a, rank));
    const off = Math.hypot(...a.data.map((x, i) => x - rest.data[i]!));
    expect(off).toBeCloseTo(Math.hypot(0, ...all.slice(rank)), 9); // Eckart & Young 1936
  });
});

test("a matrix of low rank, and zeros", () => {
  const low = product(normal(9, 2), normal(2, 8));
  const { values } = singular(low, 8);
  expect(values[1]).toBeGreaterThan(0.1);
  expect(values[2]).toBeLessThan(1e-6);
  expect([...singular(matrix(3, 4), 3).values]).toEqual([0, 0, 0]);
});

test("of a product, without the product", () => {
  const [p, q] = [normal(30, 4), normal(4, 20, 2)];
  const direct = singular(product(p, q), 3);
  const s = singularOfProduct(p, q, 3);
  expect(worst(back(s), back(direct))).toBeLessThan(1e-11);
});

test("a subspace finds the largest", () => {
  const a = product(normal(50, 6), normal(6, 40, 2));
  const s = singularBySubspace(a, 6, 2, normal(40, 10, 3));
  expect(worst(back(s), a)).toBeLessThan(1e-10);
});

test("a basis in the order of the columns, zeros for a column that adds nothing", () => {
  const a = matrix(3, 3, [1, 2, 1, 0, 0, 1, 0, 0, 0]);
  expect([...orthonormal(a).data]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0]);
});
