/** @file L-BFGS (Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4) for smooth convex functions: the direction is the gradient
 *  times an inverse Hessian that the last few steps tell of, the step is halved until the function falls enough (Armijo).
 *  Where the function is convex, no more is needed: a step and the gradient's change along it never point apart. */

/** Value at `x`; writes the gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** The largest entry of the gradient there. */
  readonly gradient: number;
  readonly iterations: number;
  /** Whether that is at most the tolerance. */
  readonly converged: boolean;
}

export interface LbfgsOptions {
  /** Of the gradient's largest entry. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Steps remembered. Default 10. */
  readonly memory?: number | undefined;
}

const ENOUGH = 1e-4;
const MOST_HALVINGS = 40;

interface Step {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / step·change. */
  readonly rho: number;
}

/** `start` is left as it is. */
export function minimise(objective: Objective, start: Float64Array, options: LbfgsOptions): Minimum {
  const { tolerance, maxIterations, memory = 10 } = options;
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const steps: Step[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largest(gradient) > tolerance; iterations++) {
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    // Nothing known yet: no further than a unit.
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let found: number | undefined;
    for (let i = 0; i < MOST_HALVINGS && found === undefined; i++, length /= 2) {
      for (let k = 0; k < x.length; k++) next[k] = x[k]! + length * direction[k]!;
      const there = objective(next, nextGradient);
      if (there <= value + ENOUGH * length * slope) found = there;
    }
    if (found === undefined) break; // as low as doubles tell
    const step = next.map((v, k) => v - x[k]!);
    const change = nextGradient.map((g, k) => g - gradient[k]!);
    const curvature = dot(step, change);
    if (curvature > 0) {
      steps.push({ step, change, rho: 1 / curvature });
      if (steps.length > memory) steps.shift();
    }
    [x, gradient, value] = [next, nextGradient, found];
  }
  const left = largest(gradient);
  return { x, value, gradient: left, iterations, converged: left <= tolerance };
}

/** −H·g by the two loops. */
function descent(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const q = gradient.map((g) => -g);
  const shares: number[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const { step, change, rho } = steps[i]!;
    shares[i] = rho * dot(step, q);
    add(q, change, -shares[i]!);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.change, last.change));
    for (let k = 0; k < q.length; k++) q[k]! *= scale;
  }
  steps.forEach(({ step, change, rho }, i) => {
    add(q, step, shares[i]! - rho * dot(change, q));
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += times * what[i]!;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
