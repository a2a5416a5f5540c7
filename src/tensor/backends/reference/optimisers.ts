/** @file AdamW (Loshchilov & Hutter 2019, algorithm 2; bias correction of Kingma & Ba 2015):
 *  g = gradScale·grad; m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²; p = p·(1 − lr·wd) − lr·m̂/(√v̂ + eps),
 *  m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ). */

import type { AdamWParams } from "../../backend.js";
import { f32 } from "./memory.js";

export function adamw(steps: readonly AdamWParams[]): void {
  for (const step of steps) adamwOne(step);
}

function adamwOne(p: AdamWParams): void {
  const { length, lr, beta1, beta2, eps, gradScale } = p;
  const param = f32(p.param, length);
  const grad = f32(p.grad, length);
  const ms = f32(p.m, length);
  const vs = f32(p.v, length);
  const decay = 1 - lr * p.weightDecay;
  const correction1 = 1 - beta1 ** p.step;
  const correction2 = 1 - beta2 ** p.step;
  for (let i = 0; i < length; i++) {
    const g = gradScale * grad[i]!;
    const m = beta1 * ms[i]! + (1 - beta1) * g;
    const v = beta2 * vs[i]! + (1 - beta2) * g * g;
    param[i] = param[i]! * decay - (lr * (m / correction1)) / (Math.sqrt(v / correction2) + eps);
    ms[i] = m;
    vs[i] = v;
  }
}
