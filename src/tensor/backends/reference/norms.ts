/** @file Layer norm (Ba et al. 2016) and RMS norm (Zhang & Sennrich 2019) over rows [rows, dim], and their gradients.
 *
 *  Layer norm: x̂ = (x − mean)·rstd, y = x̂·g + b. Backward, with a = dy·g: dx = rstd·(a − mean(a) − x̂·mean(a·x̂)),
 *  dg = Σ_rows dy·x̂, db = Σ_rows dy.
 *  RMS norm: y = x·rstd·G with G = g + gainOffset, or 1 without a gain. Backward, with a = dy·G:
 *  dx = rstd·(a − x·rstd²·mean(a·x)), dg = Σ_rows dy·x·rstd. */

import type { Backend } from "../../backend.js";
import { f32 } from "./memory.js";

export function layerNorm(p: Parameters<Backend["layerNorm"]>[0]): void {
  const { rows, dim, eps } = p;
  const x = f32(p.x, rows * dim);
  const y = f32(p.y, rows * dim);
  const gain = f32(p.gain, dim);
  const bias = p.bias && f32(p.bias, dim);
  const means = p.mean && f32(p.mean, rows);
  const rstds = p.rstd && f32(p.rstd, rows);
  for (let r = 0; r < rows; r++) {
    const at = r * dim;
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += x[at + d]!;
    const mean = sum / dim;
    let squares = 0;
    for (let d = 0; d < dim; d++) squares += (x[at + d]! - mean) ** 2;
    const rstd = 1 / Math.sqrt(squares / dim + eps);
    for (let d = 0; d < dim; d++) y[at + d] = (x[at + d]! - mean) * rstd * gain[d]! + (bias ? bias[d]! : 0);
    if (means) means[r] = mean;
    if (rstds) rstds[r] = rstd;
  }
}

export function layerNormBackward(p: Parameters<Backend["layerNormBackward"]>[0]): void {
  const { rows, dim } = p;
  const x = f32(p.x, rows * dim);
  const dy = f32(p.dy, rows * dim);
  const dx = f32(p.dx, rows * dim);
  const gain = f32(p.gain, dim);
  const means = f32(p.mean, rows);
  const rstds = f32(p.rstd, rows);
  const dGain = f32(p.dGain, dim);
  const dBias = p.dBias && f32(p.dBias, dim);
  const gainSums = new Float64Array(dim);
  const biasSums = new Float64Array(dim);
  for (let r = 0; r < rows; r++) {
    const at = r * dim;
    const mean = means[r]!;
    const rstd = rstds[r]!;
    let sumA = 0;
    let sumAX = 0;
    for (let d = 0; d < dim; d++) {
      const a = dy[at + d]! * gain[d]!;
      sumA += a;
      sumAX += a * (x[at + d]! - mean) * rstd;
    }
    for (let d = 0; d < dim; d++) {
      const g = dy[at + d]!;
      const xHat = (x[at + d]! - mean) * rstd;
      gainSums[d]! += g * xHat;
      biasSums[d]! += g;
      const value = rstd * (g * gain[d]! - sumA / dim - (xHat * sumAX) / dim);
      dx[at + d] = p.accumulateX ? dx[at + d]! + value : value;
    }
  }
  store(dGain, gainSums, p.accumulateW);
  if (dBias) store(dBias, biasSums, p.accumulateW);
}

export function rmsNorm(p: Parameters<Backend["rmsNorm"]>[0]): void {
  const { rows, dim, eps, gainOffset } = p;
  const x = f32(p.x, rows * dim);
  const y = f32(p.y, rows * dim);
  const gain = p.gain && f32(p.gain, dim);
  const rstds = p.rstd && f32(p.rstd, rows);
  for (let r = 0; r < rows; r++) {
    const at = r * dim;
    let squares = 0;
    for (let d = 0; d < dim; d++) squares += x[at + d]! * x[at + d]!;
    const rstd = 1 / Math.sqrt(squares / dim + eps);
    for (let d = 0; d < dim; d++) y[at + d] = x[at + d]! * rstd * (gain ? gain[d]! + gainOffset : 1);
    if (rstds) rstds[r] = rstd;
  }
}

export function rmsNormBackward(p: Parameters<Backend["rmsNormBackward"]>[0]): void {
  const { rows, dim, gainOffset } = p;
  const x = f32(p.x, rows * dim);
  const dy = f32(p.dy, rows * dim);
  const dx = f32(p.dx, rows * dim);
  const gain = p.gain && f32(p.gain, dim);
  const rstds = f32(p.rstd, rows);
  const dGain = p.dGain && f32(p.dGain, dim);
  const gainSums = new Float64Array(dim);
  for (let r = 0; r < rows; r++) {
    const at = r * dim;
    const rstd = rstds[r]!;
    let sumAX = 0;
    for (let d = 0; d < dim; d++) sumAX += dy[at + d]! * (gain ? gain[d]! + gainOffset : 1) * x[at + d]!;
    const c = (rstd * rstd * sumAX) / dim;
    for (let d = 0; d < dim; d++) {
      const g = dy[at + d]!;
      gainSums[d]! += g * x[at + d]! * rstd;
      const value = rstd * (g * (gain ? gain[d]! + gainOffset : 1) - x[at + d]! * c);
      dx[at + d] = p.accumulateX ? dx[at + d]! + value : value;
    }
  }
  if (dGain) store(dGain, gainSums, p.accumulateW);
}

function store(to: Float32Array, sums: Float64Array, accumulate: boolean): void {
  for (let d = 0; d < to.length; d++) to[d] = (accumulate ? to[d]! : 0) + sums[d]!;
}
