/** @file The gated feed-forward: y = down(act(gate(x)) ⊙ up(x)) (Shazeer 2020). Gate and up are two matrices, or one, gate first
 *  (`fused`, as Phi-3 stores them). */

import { activationFor, type PublishedActivation } from "../../nn/index.js";
import { gated, gatedHalves } from "../../tensor/index.js";
import type { Init } from "../family.js";
import { type FeedForward, project, projectionOf, projectionRows, projectOut } from "./part.js";

export interface GatedFeedForwardOptions {
  readonly dim: number;
  readonly inner: number;
  readonly activation: PublishedActivation;
  readonly init: Init;
  readonly biased?: boolean;
  readonly fused?: boolean;
}

export function gatedFeedForward(options: GatedFeedForwardOptions): FeedForward {
  const { dim, inner, init, biased, fused = false } = options;
  const act = activationFor(options.activation);
  return {
    rows: (at) => [
      ...(fused
        ? projectionRows(`${at}.gate_up_proj`, [dim, 2 * inner], init, biased)
        : [
            ...projectionRows(`${at}.gate_proj`, [dim, inner], init, biased),
            ...projectionRows(`${at}.up_proj`, [dim, inner], init, biased),
          ]),
      ...projectionRows(`${at}.down_proj`, [inner, dim], init, biased),
    ],
    bind(at, parameters) {
      const down = projectionOf(parameters, `${at}.down_proj`);
      if (fused) {
        const gateUp = projectionOf(parameters, `${at}.gate_up_proj`);
        return (x, residual) => projectOut(gatedHalves(act, project(x, gateUp)), down, residual);
      }
      const gate = projectionOf(parameters, `${at}.gate_proj`);
      const up = projectionOf(parameters, `${at}.up_proj`);
      return (x, residual) => projectOut(gated(act, project(x, gate), project(x, up)), down, residual);
    },
  };
}
