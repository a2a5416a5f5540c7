/** @file A mixture of experts in the place of a feed-forward: a router picks a few for each token, each of them a gated
 *  feed-forward, and their outputs are added with the router's weights. Products with the router are in f32 whatever the
 *  compute: a choice that hangs on rounding changes more than a sum does (Fedus et al. 2021, section 2.4). */

import { activationFor, mixExperts, type PublishedActivation, route } from "../../nn/index.js";
import { add, cast, gated, linear, reshape, type Tensor } from "../../tensor/index.js";
import type { DecoderPass } from "../decoder.js";
import type { Init } from "../family.js";
import {
  type FeedForward,
  type Projection,
  project,
  projectionOf,
  projectionRows,
  projectOut,
} from "./part.js";

export interface RouterOptions {
  readonly experts: number;
  /** Experts a token. */
  readonly chosen: number;
  /** Weights of a token sum to 1. */
  readonly normalise: boolean;
}

export interface ExpertsOptions extends RouterOptions {
  readonly dim: number;
  readonly inner: number;
  readonly activation: PublishedActivation;
  readonly init: Init;
  /** Published names, relative to the part's. */
  readonly names: {
    readonly router: string;
    readonly gate: string;
    readonly up: string;
    readonly down: string;
  };
}

export function expertsFeedForward(options: ExpertsOptions): FeedForward {
  const { dim, inner, init, experts, names } = options;
  const act = activationFor(options.activation);
  const expertAt = (at: string, e: number, name: string) => `${at}.experts.${e}.${name}`;
  const indices = Array.from({ length: experts }, (_, e) => e);
  return {
    rows: (at) => [
      ...projectionRows(`${at}.${names.router}`, [dim, experts], init),
      ...indices.flatMap((e) => [
        ...projectionRows(expertAt(at, e, names.gate), [dim, inner], init),
        ...projectionRows(expertAt(at, e, names.up), [dim, inner], init),
        ...projectionRows(expertAt(at, e, names.down), [inner, dim], init),
      ]),
    ],
    bind(at, parameters) {
      const router = projectionOf(parameters, `${at}.${names.router}`);
      const bound = indices.map((e) => ({
        gate: projectionOf(parameters, expertAt(at, e, names.gate)),
        up: projectionOf(parameters, expertAt(at, e, names.up)),
        down: projectionOf(parameters, expertAt(at, e, names.down)),
      }));
      return (x, residual, pass) =>
        mixture(x, residual, pass, router, options, (e, rows) => {
          const { gate, up, down } = bound[e]!;
          return projectOut(gated(act, project(rows, gate), project(rows, up)), down, undefined);
        });
    },
  };
}

/** The router's part in it. `expert(e, rows [n, dim])` gives f32 [n, dim]. */
export function mixture(
  x: Tensor,
  residual: Tensor | undefined,
  pass: DecoderPass,
  router: Projection,
  options: RouterOptions,
  expert: (e: number, rows: Tensor) => Tensor,
): Tensor {
  const logits = linear(reshape(cast(x, "f32"), [x.rows, x.columns]), router.weight, {
    bias: router.bias,
    dtype: "f32",
    compute: "fp32",
  });
  pass.routerLogits?.push(x.engine.gradEnabled ? logits : logits.keep());
  const y = mixExperts(x, route(logits, options), expert);
  return residual === undefined ? y : add(residual, y);
}
