/** @file Which masks a forward pass drops with (Srivastava et al. 2014). A pass has one seed; every place where a family drops
 *  something gets a stream of its own by the layer and the order of asking within it, so that a layer that is computed again
 *  in the backward drops the same. */

import { type DropoutMask, dropout, type Tensor } from "../tensor/index.js";

/** In `ForwardOptions`. */
export interface DropoutOptions {
  /** From 0 to 2⁵³ − 1. The same seed drops the same elements of the same batch. */
  readonly seed: number;
}

/** The next mask of a layer; none where p is 0. */
export type Drop = (p: number) => DropoutMask | undefined;

/** Places count an embedding, then layers. Stacks that share a seed begin apart. */
export const ENCODER_PLACES = 0;
export const DECODER_PLACES = 2 ** 20;
export const HEAD_PLACE = 2 ** 24 - 1;
/** Adapters' own masks: a place a module (train/adapters/). */
export const ADAPTER_PLACES = 2 ** 22;

/** Masks that one place may ask for. */
const CALLS = 2 ** 8;

export function createDrop({ seed }: DropoutOptions, place: number): Drop {
  let call = 0;
  return (p) => {
    if (call === CALLS) throw new Error(`place ${place} drops more than ${CALLS} times`);
    const stream = place * CALLS + call++;
    return p === 0 ? undefined : { p, seed, stream };
  };
}

/** The first mask of a place. */
export function maskAt({ seed }: DropoutOptions, place: number, p: number): DropoutMask {
  return { p, seed, stream: place * CALLS };
}

/** x with a share p of its elements dropped, where the pass drops. */
export function dropped(x: Tensor, drop: Drop | undefined, p: number): Tensor {
  const mask = drop?.(p);
  return mask === undefined ? x : dropout(x, mask);
}
