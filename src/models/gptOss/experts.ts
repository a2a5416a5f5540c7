/** @file gpt-oss's experts: those of a layer lie in one tensor [experts, in, out] a matrix, with biases; gate and up columns
 *  alternate; the gate is bounded: y = down((up' + 1) ⊙ gate'·σ(α·gate')), gate' = min(gate, limit), up' within ±limit. */

import {
  clamp,
  type Engine,
  gated,
  linear,
  permute,
  reshape,
  rowsOf,
  scale,
  type Tensor,
} from "../../tensor/index.js";
import { type Init, type Parameters, zeros } from "../family.js";
import { mixture, type RouterOptions } from "../parts/experts.js";
import { type FeedForward, projectionOf, projectionRows } from "../parts/part.js";

export interface GptOssExpertsOptions extends RouterOptions {
  readonly dim: number;
  readonly inner: number;
  readonly alpha: number;
  readonly limit: number;
  readonly init: Init;
}

export function gptOssExperts(options: GptOssExpertsOptions): FeedForward {
  const { dim, inner, experts, init } = options;
  return {
    rows: (at) => [
      ...projectionRows(`${at}.router`, [dim, experts], init, true),
      [`${at}.experts.gate_up_proj`, [experts, dim, 2 * inner], init],
      [`${at}.experts.gate_up_proj_bias`, [experts, 2 * inner], zeros],
      [`${at}.experts.down_proj`, [experts, inner, dim], init],
      [`${at}.experts.down_proj_bias`, [experts, dim], zeros],
    ],
    bind(at, parameters) {
      const router = projectionOf(parameters, `${at}.router`);
      const gateUp = stacked(parameters, `${at}.experts.gate_up_proj`);
      const down = stacked(parameters, `${at}.experts.down_proj`);
      return (x, residual, pass) =>
        mixture(x, residual, pass, router, options, (e, rows) => {
          const inside = linear(rows, gateUp.weight(e), { bias: gateUp.bias(e), layout: "in-out" });
          const outside = { bias: down.bias(e), layout: "in-out", dtype: "f32" } as const;
          return linear(boundedGate(inside, options), down.weight(e), outside);
        });
    },
  };
}

/** Each expert's matrix [in, out] and bias [out] of a stack of them. */
function stacked(parameters: Parameters, name: string) {
  const weights = parameters.get(name)!;
  const biases = parameters.get(`${name}_bias`)!;
  const [experts] = weights.shape as [number];
  const { engine } = weights;
  const one = (from: Tensor) => {
    const shape = from.shape.slice(1);
    const views = viewsOf(engine, from, shape, experts);
    return (e: number) => (engine.gradEnabled ? reshape(rowsOf(from, e, e + 1), shape) : views[e]!);
  };
  return { weight: one(weights), bias: one(biases) };
}

/** Views that last as long as the parameter, so that their packed form can be held for generation. */
function viewsOf(engine: Engine, from: Tensor, shape: readonly number[], count: number): Tensor[] {
  const size = from.size / count;
  return Array.from({ length: count }, (_, e) => engine.scope(() => from.alias(shape, e * size).keep()));
}

/** x [n, 2·inner] → [n, inner]. u·g·σ(αg) is silu(αg)·u/α. */
function boundedGate(x: Tensor, { inner, alpha, limit }: GptOssExpertsOptions): Tensor {
  const n = x.rows;
  const apart = permute(reshape(x, [n, inner, 2]), [2, 0, 1]);
  const half = (i: number) => reshape(rowsOf(apart, i, i + 1), [n, inner]);
  const gate = scale(clamp(half(0), { high: limit }), alpha);
  const up = scale(clamp(half(1), { low: -limit, high: limit }), 1 / alpha, 1 / alpha);
  return gated("silu", gate, up);
}
