/** @file Key-value cache: the keys (after rotation) and values of every layer for the tokens seen so far, so that a new token
 *  costs one row. Per layer k and v [batch, capacity, kvHeads·headDim]. */

import type { Engine, Operand, Tensor } from "../tensor/index.js";

export interface KeyValueCache {
  readonly batch: number;
  readonly capacity: number;
  /** Tokens held, the same in every row (shorter prompts are padded on the left). */
  length: number;
  readonly layers: readonly { readonly k: Tensor; readonly v: Tensor }[];
  readonly bytes: number;
  dispose(): void;
}

export interface CacheShape {
  readonly engine: Engine;
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

export function createCache(model: CacheShape, batch: number, capacity: number): KeyValueCache {
  const width = model.kvHeads * model.headDim;
  const make = () => model.engine.empty([batch, capacity, width]).keep();
  const layers = Array.from({ length: model.layers }, () => ({ k: make(), v: make() }));
  return {
    batch,
    capacity,
    length: 0,
    layers,
    bytes: model.layers * 2 * batch * capacity * width * 4,
    dispose() {
      for (const { k, v } of layers) {
        k.dispose();
        v.dispose();
      }
    },
  };
}

/** Copies this call's keys or values, [batch, seq, width] with rows `ld` apart from `from`, behind what the cache holds. */
export function appendTo(
  into: Tensor,
  at: number,
  from: Operand,
  batch: number,
  seq: number,
  ld: number,
): void {
  const [, capacity, width] = into.shape as [number, number, number];
  into.engine.backend.stridedCopy({
    x: from,
    y: { storage: into.storage, offset: into.offset + at * width },
    shape: [batch, seq, width],
    xStrides: [seq * ld, ld, 1],
    yStrides: [capacity * width, width, 1],
    accumulate: false,
  });
}
