/** @file Sums over rows, columns and everything, and the largest of each row. Summed in float64 in order. */

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

export function sumSquares(x: Operand, length: number): number {
  const values = f32(x, length);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  return total;
}

export function sum(x: Operand, length: number): number {
  const values = f32(x, length);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
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
