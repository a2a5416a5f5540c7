/** @file The decoder of an encoder-decoder as something to continue: the source is encoded once, its keys and values lie in the
 *  cache, and what is continued are the tokens that the decoder has written. Greedy choice, sampling and beam search are then
 *  those of a decoder alone. */

import type { Encoded, Seq2SeqModel } from "../models/index.js";
import type { Continuable } from "./decoding.js";

/** Row r of what is decoded reads source r; rows that a search makes of it read the same. */
export function conditioned(model: Seq2SeqModel, encoded: Encoded): Continuable {
  const { engine, targetVocabSize, contextLength, eosTokenIds, decoderLayers, heads, headDim } = model;
  return {
    engine,
    vocabSize: targetVocabSize,
    contextLength,
    eosTokenIds,
    layers: decoderLayers,
    kvHeads: heads,
    headDim,
    hidden: (input) => model.decode(input, undefined),
    logits: (hidden) => model.logits(hidden),
    createCache: (rows, capacity) => model.createCache(encoded, rows, capacity),
  };
}
