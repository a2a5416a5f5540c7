/** @file A part of a layer that families recombine: it knows its parameters' names, shapes and initial values, and, given
 *  parameters, how to run. Names are looked up once, when a model is built: building them costs a token of a small model
 *  more than some of its kernels do. */

import { type DropoutMask, linear, type Tensor } from "../../tensor/index.js";
import type { DecoderPass } from "../decoder.js";
import { type Init, ones, type ParameterRow, type Parameters, zeros } from "../family.js";

export interface Part<Run> {
  /** Its rows of the table; `at`: the published name it stands under, such as "model.layers.0.mlp". */
  rows(at: string): ParameterRow[];
  bind(at: string, parameters: Parameters): Run;
}

/** Feed-forward of a layer: x [batch, seq, dim] (normed) → the same, f32, plus `residual` where given. */
export type FeedForward = Part<(x: Tensor, residual: Tensor | undefined, pass: DecoderPass) => Tensor>;

/** A weight [out, in], perhaps with a bias [out]. */
export interface Projection {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
}

export function projectionRows(
  name: string,
  [from, to]: readonly [from: number, to: number],
  init: Init,
  biased = false,
): ParameterRow[] {
  const weight: ParameterRow = [`${name}.weight`, [to, from], init];
  return biased ? [weight, [`${name}.bias`, [to], zeros]] : [weight];
}

export function projectionOf(parameters: Parameters, name: string): Projection {
  return { weight: parameters.get(`${name}.weight`)!, bias: parameters.get(`${name}.bias`) };
}

export function project(x: Tensor, { weight, bias }: Projection): Tensor {
  return linear(x, weight, { bias });
}

/** The last product of a block: f32 as the residual stream is, plus that where given. */
export function projectOut(
  x: Tensor,
  { weight, bias }: Projection,
  residual: Tensor | undefined,
  dropout?: DropoutMask | undefined,
): Tensor {
  return linear(x, weight, { bias, residual, dropout, dtype: "f32" });
}

/** An RMS norm's gain [size]. `offset` 1: stored as its distance from one. */
export function gainRow(name: string, size: number, offset: 0 | 1): ParameterRow {
  return [`${name}.weight`, [size], offset === 1 ? zeros : ones];
}
