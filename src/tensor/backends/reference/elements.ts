/** @file Elementwise kernels: unary and gated functions with their gradients, binary, axpby, affine, strided copies. */

import type { Backend } from "../../backend.js";
import { binaryFunctions, unaryDerivatives, unaryFunctions } from "./functions.js";
import { elements, f32, span } from "./memory.js";

type Params<K extends keyof Backend> = Backend[K] extends (p: infer P) => void ? P : never;

export function unary(p: Params<"unary">): void {
  const x = f32(p.x, p.length);
  const y = f32(p.y, p.length);
  const f = unaryFunctions[p.op];
  for (let i = 0; i < y.length; i++) y[i] = f(x[i]!);
}

export function unaryBackward(p: Params<"unaryBackward">): void {
  const x = f32(p.x, p.length);
  const dy = f32(p.dy, p.length);
  const dx = f32(p.dx, p.length);
  const slope = unaryDerivatives[p.op];
  for (let i = 0; i < dx.length; i++) dx[i] = (p.accumulate ? dx[i]! : 0) + dy[i]! * slope(x[i]!);
}

export function gated(p: Params<"gated">): void {
  const { rows, dim, ldg, ldu } = p;
  const gate = f32(p.gate, span(rows, dim, ldg));
  const up = f32(p.up, span(rows, dim, ldu));
  const y = f32(p.y, rows * dim);
  const f = unaryFunctions[p.op];
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < dim; d++) y[r * dim + d] = f(gate[r * ldg + d]!) * up[r * ldu + d]!;
  }
}

export function gatedBackward(p: Params<"gatedBackward">): void {
  const { rows, dim, ldg, ldu } = p;
  const gate = f32(p.gate, span(rows, dim, ldg));
  const up = f32(p.up, span(rows, dim, ldu));
  const dy = f32(p.dy, rows * dim);
  const dGate = f32(p.dGate, span(rows, dim, ldg));
  const dUp = f32(p.dUp, span(rows, dim, ldu));
  const f = unaryFunctions[p.op];
  const slope = unaryDerivatives[p.op];
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < dim; d++) {
      const g = gate[r * ldg + d]!;
      const u = up[r * ldu + d]!;
      const dv = dy[r * dim + d]!;
      dGate[r * ldg + d] = dv * u * slope(g);
      dUp[r * ldu + d] = dv * f(g);
    }
  }
}

export function binary(p: Params<"binary">): void {
  const a = f32(p.a, p.length);
  const b = f32(p.b, p.bLength);
  const y = f32(p.y, p.length);
  const f = binaryFunctions[p.op];
  if (p.length % p.bLength > 0) throw new Error(`reference backend: ${p.length} elements op ${p.bLength}`);
  for (let start = 0; start < p.length; start += p.bLength) {
    for (let j = 0; j < p.bLength; j++) y[start + j] = f(a[start + j]!, b[j]!);
  }
}

export function axpby(p: Params<"axpby">): void {
  const { alpha, beta } = p;
  const x = f32(p.x, p.length);
  const y = f32(p.y, p.length);
  if (beta === 0) for (let i = 0; i < y.length; i++) y[i] = alpha * x[i]!;
  else for (let i = 0; i < y.length; i++) y[i] = alpha * x[i]! + beta * y[i]!;
}

export function affine(p: Params<"affine">): void {
  const x = f32(p.x, p.length);
  const y = f32(p.y, p.length);
  for (let i = 0; i < y.length; i++) y[i] = p.alpha * x[i]! + p.constant;
}

/** Elements from the first to the last that an index of `shape` reaches with `strides`. */
function reach(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((end, size, d) => end + (size - 1) * strides[d]!, 1);
}

export function stridedCopy(p: Params<"stridedCopy">): void {
  const { shape, xStrides, yStrides, accumulate } = p;
  if (shape.includes(0)) return;
  const x = elements(p.x, reach(shape, xStrides));
  const y = elements(p.y, reach(shape, yStrides));
  const last = shape.length - 1;
  const inner = last < 0 ? 1 : shape[last]!;
  const sx = last < 0 ? 0 : xStrides[last]!;
  const sy = last < 0 ? 0 : yStrides[last]!;
  const visit = (d: number, xAt: number, yAt: number): void => {
    if (d < last) {
      for (let i = 0; i < shape[d]!; i++) visit(d + 1, xAt + i * xStrides[d]!, yAt + i * yStrides[d]!);
    } else {
      for (let i = 0; i < inner; i++) {
        const to = yAt + i * sy;
        y[to] = (accumulate ? y[to]! : 0) + x[xAt + i * sx]!;
      }
    }
  };
  visit(0, 0, 0);
}
