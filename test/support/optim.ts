/** @file Helps of this folder's tests. */

import { createReferenceBackend } from "../../src/tensor/backends/reference/index.js";
import { Engine, type Tensor } from "../../src/tensor/index.js";
import { createRandom } from "../../src/tensor/random.js";

export function testEngine(): Engine {
  return new Engine({ backend: createReferenceBackend() });
}

/** A parameter of normal numbers. */
export function randomParameter(engine: Engine, name: string, shape: readonly number[], seed = 1): Tensor {
  const p = engine.parameter(shape, name);
  return p.write(randomValues(p.size, `${name}`, seed));
}

export function randomValues(length: number, stream: string, seed = 1): Float32Array {
  return createRandom(seed).stream(stream).fillNormal(new Float32Array(length));
}

/** Puts a gradient in place, as `backward` would. */
export function setGradient(p: Tensor, values: Float32Array): void {
  p.grad ??= p.engine.empty(p.shape).keep();
  p.grad.write(values);
  p.gradFresh = true;
}

export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
