/** @file The walk over the layers of a decoder or an encoder: embedding, layers, final norm; hidden states for those who want to
 *  see them; layers computed again in the backward where memory is dear; what is no longer needed released on the way. */

import { checkpoint, type Engine, type Tensor } from "../tensor/index.js";
import { createDrop, type Drop, ENCODER_PLACES } from "./dropout.js";
import type { ForwardOptions } from "./model.js";

/** What the walk gives to an embedding and to each layer, with masks of its own. */
export interface Dropping {
  readonly drop?: Drop | undefined;
}

export interface Stack<Pass, State> {
  readonly layers: number;
  /** Made once a batch: rotary tables, say. */
  prepare(pass: Pass): State;
  /** What `prepare` makes has gradients: then layers are not computed again in the backward. */
  readonly trainsState?: boolean;
  embed(pass: Pass): Tensor;
  layer(index: number, x: Tensor, pass: Pass, state: State): Tensor;
  /** After the last layer; the identity where there is no final norm. */
  norm(x: Tensor, pass: Pass): Tensor;
}

/** Hidden states [batch, seq, dim] after the final norm. `parameters`: what the layers may train; `firstPlace`: of its masks. */
export function walkLayers<Pass extends Dropping, State>(
  stack: Stack<Pass, State>,
  pass: Pass,
  options: ForwardOptions,
  engine: Engine,
  parameters: ReadonlyMap<string, Tensor>,
  firstPlace = ENCODER_PLACES,
): Tensor {
  const { layers } = stack;
  const { hiddenStates, dropout } = options;
  const passAt = (place: number): Pass =>
    dropout === undefined ? pass : { ...pass, drop: createDrop(dropout, firstPlace + place) };
  const dropping = (part: () => Tensor) => engine.dropping(dropout?.seed, part);
  const step = (place: string, from: Tensor | null, next: () => Tensor): Tensor => {
    const x = engine.within(place, () => engine.layer(next));
    hiddenStates?.push(x.keep());
    if (from !== null && !engine.gradEnabled && !from.kept) from.dispose();
    return x;
  };
  const state = stack.prepare(pass);
  const looked = options.attentions !== undefined || options.routerLogits !== undefined;
  const wanted = options.recompute === true && !looked;
  const again = wanted && engine.gradEnabled && stack.trainsState !== true;
  let x = step("embedding", null, () => dropping(() => stack.embed(passAt(0))));
  for (let i = 0; i < layers; i++) {
    const last = i === layers - 1;
    const from = x;
    const layer = (of: Tensor) =>
      dropping(() => {
        const here = passAt(i + 1); // anew when the layer is computed again
        const y = stack.layer(i, of, here, state);
        return last ? stack.norm(y, here) : y;
      });
    x = step(`layer ${i}`, from, () => (again ? checkpoint(from, parameters.values(), layer) : layer(from)));
  }
  return layers === 0 ? stack.norm(x, passAt(1)) : x;
}
