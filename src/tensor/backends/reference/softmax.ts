/** @file Softmax and log-softmax over rows, their gradients, and softmax cross-entropy.
 *
 *  y = exp(x − lse), lse = max + log Σ exp(x − max). Backward: dx = y·(dy − Σ dy·y); of the logarithm:
 *  dx = dy − exp(y)·Σ dy. Cross-entropy: loss = lse − logit[target], gradient softmax − onehot(target). */

import type { Backend } from "../../backend.js";
import { f32, i32, span } from "./memory.js";

/** log Σ exp of a row. NaN gives NaN; an infinite largest gives what the formula gives (NaN). */
function logSumExp(x: Float32Array, at: number, cols: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < cols; c++) largest = Math.max(largest, x[at + c]!);
  let total = 0;
  for (let c = 0; c < cols; c++) total += Math.exp(x[at + c]! - largest);
  return largest + Math.log(total);
}

export function softmax(p: Parameters<Backend["softmax"]>[0]): void {
  const { rows, cols } = p;
  const x = f32(p.x, rows * cols);
  const y = f32(p.y, rows * cols);
  for (let r = 0; r < rows; r++) {
    const lse = logSumExp(x, r * cols, cols);
    for (let i = r * cols; i < (r + 1) * cols; i++) {
      const logit = x[i]! - lse;
      y[i] = p.log ? logit : Math.exp(logit);
    }
  }
}

export function softmaxBackward(p: Parameters<Backend["softmaxBackward"]>[0]): void {
  const { rows, cols, log, accumulate } = p;
  const y = f32(p.y, rows * cols);
  const dy = f32(p.dy, rows * cols);
  const dx = f32(p.dx, rows * cols);
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * cols, (r + 1) * cols];
    let sum = 0;
    for (let i = start; i < end; i++) sum += log ? dy[i]! : dy[i]! * y[i]!;
    for (let i = start; i < end; i++) {
      const value = log ? dy[i]! - Math.exp(y[i]!) * sum : y[i]! * (dy[i]! - sum);
      dx[i] = accumulate ? dx[i]! + value : value;
    }
  }
}

/** `lse` is written for ignored rows too. */
export function crossEntropy(p: Parameters<Backend["crossEntropy"]>[0]): void {
  const { rows, vocab, ld, gradScale } = p;
  const logits = f32(p.logits, span(rows, vocab, ld));
  const targets = i32(p.targets, rows);
  const losses = f32(p.losses, rows);
  const lses = p.lse && f32(p.lse, rows);
  for (let r = 0; r < rows; r++) {
    const at = r * ld;
    const target = targets[r]!;
    if (target >= vocab) throw new Error(`reference backend: target ${target} of a vocabulary of ${vocab}`);
    const lse = logSumExp(logits, at, vocab);
    losses[r] = target < 0 ? 0 : lse - logits[at + target]!;
    if (lses) lses[r] = lse;
    if (gradScale === undefined) continue;
    if (target < 0) {
      logits.fill(0, at, at + vocab);
      continue;
    }
    for (let c = 0; c < vocab; c++) {
      logits[at + c] = (Math.exp(logits[at + c]! - lse) - (c === target ? 1 : 0)) * gradScale;
    }
  }
}
