/** @file What an encoder is to the rest of the house (BERT, Devlin et al. 2018): every token sees every other, and a head reads
 *  the hidden states. One interface for all heads: what `logits` and `loss` mean follows from `head`. */

import type { Tensor } from "../tensor/index.js";
import type { CaptureOptions, Forward, StackCaptures } from "./forward.js";
import type { ForwardOptions, LanguageModel } from "./model.js";

export interface EncoderInput {
  /** Token ids [batch, seq], row-major. */
  readonly inputIds: Int32Array;
  readonly batch: number;
  readonly seq: number;
  /** 1 = real, 0 = padding at one end of each row, [batch, seq]; default all real. What comes out at padding means nothing. */
  readonly attentionMask?: ArrayLike<number> | undefined;
  /** Sentence A 0, sentence B 1, [batch, seq]; default 0. An error for families without token types, unless all 0. */
  readonly tokenTypeIds?: ArrayLike<number> | undefined;
  /** [batch, seq]; default as the family counts them. */
  readonly positionIds?: ArrayLike<number> | undefined;
  /** Packed rows: start index of each position's document within its row, [batch, seq]. A document then counts as a
   *  sequence, wherever "a row" stands below; a packed row may be longer than the context. */
  readonly documentStarts?: ArrayLike<number> | undefined;
}

/** none: hidden states alone · masked: words behind masks · pretraining: these and next sentence · sequence: one set of
 *  scores a row · token: one a token. */
export type EncoderHead = "none" | "masked" | "pretraining" | "sequence" | "token";

/** How scores become a loss: cross-entropy over classes, binary cross-entropy for each label, squared error. */
export type ProblemType = "single_label_classification" | "multi_label_classification" | "regression";

export interface EncoderTargets {
  /** masked, pretraining, token: a class a token [batch, seq], −100 = none (no shift). sequence: a class a row, or values
   *  [batch, labels] (regression, multi-label). */
  readonly labels: Int32Array | Float32Array;
  /** pretraining: 0 = the second sentence follows, 1 = it does not, [batch]. */
  readonly nextSentence?: Int32Array | undefined;
  /** What the sum of these losses is divided by; default: how many there are (with accumulated gradients: in all parts). */
  readonly nextSentenceNormaliser?: number | undefined;
}

export interface EncoderModel extends LanguageModel {
  readonly layers: number;
  readonly head: EncoderHead;
  /** Scores a row or token for the heads "sequence" and "token", else 0. */
  readonly labels: number;
  readonly problem: ProblemType;
  /** Hidden states of the last layer (after the final norm where there is one), [batch, seq, dim]. */
  hidden(input: EncoderInput, options?: ForwardOptions): Tensor;
  /** BERT's pooler: tanh(W·hidden[first real token] + b), [batch, dim]; undefined for families and heads without one. */
  readonly pooled: ((hidden: Tensor, input: EncoderInput) => Tensor) | undefined;
  /** masked, pretraining: [batch, seq, vocab]; token: [batch, seq, labels]; sequence: [batch, labels]. Throws for "none". */
  logits(hidden: Tensor, input: EncoderInput): Tensor;
  /** Logits (undefined for the head "none"), and what `capture` names of what lies between; without gradients. */
  forward<C extends keyof StackCaptures = never>(
    input: EncoderInput,
    options?: CaptureOptions<C>,
  ): Forward<Tensor | undefined, StackCaptures, C>;
  /** Whether the second sentence follows the first, [batch, 2]; only with the head "pretraining". */
  readonly nextSentenceLogits: ((hidden: Tensor, input: EncoderInput) => Tensor) | undefined;
  /** A scalar: token losses summed / `normaliser` (masked, token; without ever holding all logits of a vocabulary), plus the
   *  next-sentence loss (pretraining); sequence: the sum over rows (over numbers, for regression and
   *  multi-label) / `normaliser`. With `dropout` what classifiers read is dropped at config.json's rates. */
  loss(
    hidden: Tensor,
    input: EncoderInput,
    targets: EncoderTargets,
    normaliser: number,
    options?: Pick<ForwardOptions, "dropout">,
  ): Tensor;
}
