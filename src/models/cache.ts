/** @file Key-value cache: the keys (after rotation) and values of every layer for the tokens seen so far, so that a new token
 *  costs one row. Per layer k and v [batch, capacity, kvHeads·headDim], in the engine's type of activations. */

import { bytesOf, type Engine, type Operand, type Tensor } from "../tensor/index.js";

export interface KeyValueCache {
  readonly batch: number;
  readonly capacity: number;
  /** Tokens held, the same in every row; with `lengths` the most that a row holds. */
  length: number;
  /** Tokens held in each row, where rows differ: every row begins at place 0 and is continued at its own end, so that its
   *  bits are those it has alone. Not with an attention mask. */
  readonly lengths?: Int32Array | undefined;
  readonly layers: readonly { readonly k: Tensor; readonly v: Tensor }[];
  /** Encoder-decoders: what each row reads of its source, computed once. */
  readonly source?: SourceCache | undefined;
  readonly bytes: number;
  dispose(): void;
}

/** Keys and values of encoded sources, for cross-attention. */
export interface SourceCache {
  readonly layers: readonly { readonly k: Tensor; readonly v: Tensor }[];
  /** [batch, seq, width] of `layers`. */
  readonly seq: number;
  /** Which of the encoded rows a row of the cache reads: rows of the same number hold the same. [batch] */
  readonly ids: Int32Array;
  /** Real tokens [from, to) of each row's source, i32 [batch, 2]. */
  readonly spans: Int32Array;
}

export interface CacheShape {
  readonly engine: Engine;
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

export function createCache(model: CacheShape, batch: number, capacity: number): KeyValueCache {
  const width = model.kvHeads * model.headDim;
  const { activations } = model.engine;
  const make = () => model.engine.empty([batch, capacity, width], activations).keep();
  const layers = Array.from({ length: model.layers }, () => ({ k: make(), v: make() }));
  return {
    batch,
    capacity,
    length: 0,
    layers,
    bytes: model.layers * 2 * batch * capacity * width * bytesOf(activations),
    dispose() {
      for (const { k, v } of layers) {
        k.dispose();
        v.dispose();
      }
    },
  };
}

/** Which keys the queries of rows of different lengths see, i32 [batch, seq, 2]: query i of row b stands at lengths[b] + i. */
export function raggedRanges(lengths: Int32Array, seq: number, window: number | undefined): Int32Array {
  const ranges = new Int32Array(lengths.length * seq * 2);
  for (let b = 0; b < lengths.length; b++) {
    for (let i = 0; i < seq; i++) {
      const to = lengths[b]! + i + 1;
      ranges[(b * seq + i) * 2] = window === undefined ? 0 : Math.max(0, to - window);
      ranges[(b * seq + i) * 2 + 1] = to;
    }
  }
  return ranges;
}

/** Counts `seq` more tokens in every row. */
export function advanceCache(cache: KeyValueCache, seq: number): void {
  cache.length += seq;
  const { lengths } = cache;
  for (let b = 0; lengths !== undefined && b < lengths.length; b++) lengths[b]! += seq;
}

/** As `appendTo`, each row behind what it holds itself. */
export function appendRagged(
  into: Tensor,
  lengths: Int32Array,
  from: Operand,
  seq: number,
  ld: number,
): void {
  const [, capacity, width] = into.shape as [number, number, number];
  for (let b = 0; b < lengths.length; b++) {
    into.engine.backend.stridedCopy({
      x: { storage: from.storage, offset: from.offset + b * seq * ld },
      y: { storage: into.storage, offset: into.offset + (b * capacity + lengths[b]!) * width },
      shape: [seq, width],
      xStrides: [ld, 1],
      yStrides: [width, 1],
      accumulate: false,
    });
  }
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
  if (batch * seq === 1) {
    const to = { storage: into.storage, offset: into.offset + at * width };
    into.engine.backend.copy(from, to, width);
    return;
  }
  into.engine.backend.stridedCopy({
    x: from,
    y: { storage: into.storage, offset: into.offset + at * width },
    shape: [batch, seq, width],
    xStrides: [seq * ld, ld, 1],
    yStrides: [capacity * width, width, 1],
    accumulate: false,
  });
}
