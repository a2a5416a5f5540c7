/** @file What decoding with an encoder-decoder keeps: the decoder's own keys and values, as a decoder alone keeps them, and for
 *  each layer those of the source, computed once. */

import type { Tensor } from "../tensor/index.js";
import type { KeyValueCache } from "./cache.js";

export interface Seq2SeqCache {
  readonly self: KeyValueCache;
  /** A layer's keys and values of the encoder's output, [batch, source seq, dim]; empty until the first call. */
  readonly cross: { readonly k: Tensor; readonly v: Tensor }[];
  dispose(): void;
}
