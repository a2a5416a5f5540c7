/** @file Sums over rows, columns and everything, and the largest of each row. Summed in float64. */

import type { Backend, Operand } from "../../backend.js";
import { f32, i32, span } from "./memory.js";

export function sumRows(p: Parameters<Backend["sumRows"]>[0]): void {
  const { rows, cols, ld, accumulate } = p;
  const x = f32(p.x, span(rows, cols, ld));
  const y = f32(p.y, cols);
  const sums = new Float64Array(cols);
  if (accumulate) sums.set(y);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) sums[c]! += x[r * ld + c]!;
  }
  y.set(sums);
}

export function sumCols(p: Parameters<Backend["sumCols"]>[0]): void {
  const { rows, cols } = p;
  const x = f32(p.x, rows * cols);
  const y = f32(p.y, rows);
  for (let r = 0; r < rows; r++) {
    let total = 0;
    for (let c = 0; c < cols; c++) total += x[r * cols + c]!;
    y[r] = total;
  }
}

/** Σ f(x) with the rounding errors added up beside (Neumaier 1974): plain sums in float64 of 10⁵ squares are off by
 *  more than a backend that sums in blocks. What is not finite has no rounding error and goes through as it is. */
function compensated(x: Operand, length: number, f: (value: number) => number): number {
  const values = f32(x, length);
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = f(values[i]!);
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}

export function sumSquares(x: Operand, length: number): number {
  return compensated(x, length, (value) => value * value);
}

export function sum(x: Operand, length: number): number {
  return compensated(x, length, (value) => value);
}

/** A NaN is never the largest; a row of nothing but NaN or −inf gives 0. */
export function argmax(p: Parameters<Backend["argmax"]>[0]): void {
  const { rows, cols } = p;
  const x = f32(p.x, rows * cols);
  const y = i32(p.y, rows);
  for (let r = 0; r < rows; r++) {
    let best = 0;
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < cols; c++) {
      if (x[r * cols + c]! > largest) {
        largest = x[r * cols + c]!;
        best = c;
      }
    }
    y[r] = best;
  }
}
