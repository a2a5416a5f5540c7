/** @file What an encoder-decoder is to the rest of the house (Vaswani et al. 2017): the source is read once, the target is
 *  written token by token, each seeing the targets before it and the whole source. */

import type { CrossEntropyResult, Tensor } from "../tensor/index.js";
import type { KeyValueCache } from "./cache.js";
import type { CaptureOptions, Forward, Seq2SeqCaptures } from "./forward.js";
import type { ForwardOptions, LanguageModel } from "./model.js";

export interface SourceInput {
  /** Token ids of the source [batch, seq], row-major. */
  readonly inputIds: Int32Array;
  readonly batch: number;
  readonly seq: number;
  /** 1 = real, 0 = padding at one end of each row, [batch, seq]; default all real. */
  readonly attentionMask?: ArrayLike<number> | undefined;
}

export interface TargetInput {
  /** Token ids that the decoder has read [batch, seq], the start token first (see `shiftRight`). */
  readonly inputIds: Int32Array;
  readonly batch: number;
  readonly seq: number;
  /** 1 = real, 0 = padding at the right end, [batch, past + seq]; default all real. */
  readonly attentionMask?: ArrayLike<number> | undefined;
  /** Of the model's `createCache`: keys and values of what came before, to which this call's are appended, and of the source.
   *  Not with an attention mask where rows differ in length. */
  readonly cache?: KeyValueCache | undefined;
}

/** A source and what the decoder reads of its target, whole. */
export interface Seq2SeqInput {
  readonly source: SourceInput;
  readonly target: Omit<TargetInput, "cache">;
}

/** The encoder's output and what the decoder must know of its input. */
export interface Encoded {
  /** [batch, seq, dim] */
  readonly hidden: Tensor;
  readonly source: SourceInput;
}

export interface DecodeOptions extends ForwardOptions {
  /** Filled with a tensor [batch, heads, target seq, source seq] a layer. Kept. */
  readonly crossAttentions?: Tensor[] | undefined;
}

export interface Seq2SeqModel extends LanguageModel {
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** Of the decoder, where the vocabularies differ (`vocabSize` is the encoder's). */
  readonly targetVocabSize: number;
  /** What the decoder reads first; undefined where that is a language that the caller names (mBART). */
  readonly decoderStartTokenId: number | undefined;
  encode(source: SourceInput, options?: ForwardOptions): Encoded;
  /** A cache with room for `rows` rows of `capacity` target tokens, of which the first read the encoded rows in turn. */
  createCache(encoded: Encoded, rows: number, capacity: number): KeyValueCache;
  /** Hidden states of the decoder after the final norm, [batch, seq, dim]. `encoded` is needed where there is no cache. */
  decode(target: TargetInput, encoded: Encoded | undefined, options?: DecodeOptions): Tensor;
  /** hidden [..., dim] → logits [..., targetVocab]. */
  logits(hidden: Tensor): Tensor;
  /** Logits [batch, target seq, targetVocab], and what `capture` names of what lies between; without gradients. */
  forward<C extends keyof Seq2SeqCaptures = never>(
    input: Seq2SeqInput,
    options?: CaptureOptions<C>,
  ): Forward<Tensor, Seq2SeqCaptures, C>;
  /** Cross-entropy of `targets` i32 [batch, seq] (targets[t] is what stands after the decoder's input t; −100 = none), summed
   *  and divided by `normaliser`, with label smoothing ε where given: (1 − ε)·loss + ε·mean over the vocabulary. */
  loss(hidden: Tensor, targets: Int32Array, normaliser: number, labelSmoothing?: number): CrossEntropyResult;
  /** The decoder's input for these labels: moved right by one behind the start token, −100 → pad (mBART: the language, which
   *  is the last token, comes first). [batch, seq] */
  shiftRight(labels: Int32Array, batch: number): Int32Array;
}
