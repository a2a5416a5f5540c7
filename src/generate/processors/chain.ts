/** @file The processors that a set of options asks for, in the order in which Hugging Face's `generate` applies them:
 *  sequence bias, encoder repetition, repetition, n-grams, encoder n-grams, bad words, min length, min new tokens, forced
 *  first, forced last, invalid values, exponential decay, suppress; when sampling temperature, top-h, top-k, top-p, min-p,
 *  typical, epsilon, eta; at last renormalisation. OpenAI's penalties, which it lacks, come after repetition. */

import { epsilonCutoff } from "./epsilonCutoff.js";
import { etaCutoff } from "./etaCutoff.js";
import { exponentialDecay, forcedBos, forcedEos, minLength, minNewTokens } from "./length.js";
import { minP } from "./minP.js";
import { encoderNoRepeatNgram, noRepeatNgram } from "./noRepeatNgram.js";
import { openaiPenalties } from "./openaiPenalties.js";
import type { LogitsProcessor } from "./processor.js";
import { removeInvalid } from "./removeInvalid.js";
import { renormalize } from "./renormalize.js";
import { encoderRepetitionPenalty, repetitionPenalty } from "./repetitionPenalty.js";
import { badWords, type SequenceBias, sequenceBias } from "./sequenceBias.js";
import { suppressAtBegin, suppressTokens } from "./suppress.js";
import { temperature } from "./temperature.js";
import { topH } from "./topH.js";
import { topK } from "./topK.js";
import { topP } from "./topP.js";
import { typicalP } from "./typicalP.js";

/** What shapes the choice of the next token. Everything is off where not given. */
export interface ProcessorOptions {
  /** Divides the logits; 0 is greedy (and the cutoffs below then change nothing). */
  readonly temperature?: number | undefined;
  /** Only the k best tokens; 0 is off. */
  readonly topK?: number | undefined;
  /** The smallest set of tokens that holds this probability, (0, 1]. */
  readonly topP?: number | undefined;
  /** Tokens at least this share as likely as the best, [0, 1]. */
  readonly minP?: number | undefined;
  readonly typicalP?: number | undefined;
  readonly topH?: number | undefined;
  readonly epsilonCutoff?: number | undefined;
  readonly etaCutoff?: number | undefined;
  /** Above 1 discourages what has occurred, prompt included. */
  readonly repetitionPenalty?: number | undefined;
  /** OpenAI's, of generated tokens only. */
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly noRepeatNgramSize?: number | undefined;
  readonly encoderRepetitionPenalty?: number | undefined;
  readonly encoderNoRepeatNgramSize?: number | undefined;
  readonly sequenceBias?: SequenceBias | undefined;
  readonly badWordsIds?: readonly (readonly number[])[] | undefined;
  /** Ids, the prompt's included. */
  readonly minLength?: number | undefined;
  readonly minNewTokens?: number | undefined;
  readonly forcedBosTokenId?: number | undefined;
  readonly forcedEosTokenId?: number | readonly number[] | undefined;
  readonly removeInvalidValues?: boolean | undefined;
  readonly exponentialDecayLengthPenalty?: readonly [start: number, factor: number] | undefined;
  readonly suppressTokens?: readonly number[] | undefined;
  readonly beginSuppressTokens?: readonly number[] | undefined;
  readonly renormalizeLogits?: boolean | undefined;
}

/** What the processors must know of the text they are for. */
export interface ChainContext {
  readonly promptLength: number;
  /** Prompt and generated ids at most. */
  readonly maxLength: number;
  readonly eosTokenIds: readonly number[];
  readonly encoderIds?: Int32Array | undefined;
  /** Whether a token will be drawn; the warpers (temperature, top-k, …) apply only then. */
  readonly sampling: boolean;
  readonly minTokensToKeep?: number | undefined;
}

export function processorChain(o: ProcessorOptions, context: ChainContext): LogitsProcessor[] {
  const chain = constraints(o, context);
  if (context.sampling) chain.push(...warpers(o, context.minTokensToKeep ?? 1));
  if (o.renormalizeLogits) chain.push(renormalize);
  return chain;
}

function constraints(
  o: ProcessorOptions,
  { promptLength, maxLength, eosTokenIds, encoderIds }: ChainContext,
): LogitsProcessor[] {
  const list: LogitsProcessor[] = [];
  if (o.sequenceBias?.length) list.push(sequenceBias(o.sequenceBias));
  if (encoderIds && on(o.encoderRepetitionPenalty, 1))
    list.push(encoderRepetitionPenalty(o.encoderRepetitionPenalty, encoderIds));
  if (on(o.repetitionPenalty, 1)) list.push(repetitionPenalty(o.repetitionPenalty));
  if (on(o.frequencyPenalty, 0) || on(o.presencePenalty, 0)) {
    list.push(openaiPenalties(o.frequencyPenalty ?? 0, o.presencePenalty ?? 0, promptLength));
  }
  if (on(o.noRepeatNgramSize, 0)) list.push(noRepeatNgram(o.noRepeatNgramSize));
  if (encoderIds && on(o.encoderNoRepeatNgramSize, 0))
    list.push(encoderNoRepeatNgram(o.encoderNoRepeatNgramSize, encoderIds));
  if (o.badWordsIds?.length) list.push(badWords(o.badWordsIds, eosTokenIds));
  if (on(o.minLength, 0)) list.push(minLength(o.minLength, eosTokenIds));
  if (on(o.minNewTokens, 0)) list.push(minNewTokens(o.minNewTokens, promptLength, eosTokenIds));
  if (o.forcedBosTokenId !== undefined) list.push(forcedBos(o.forcedBosTokenId));
  if (o.forcedEosTokenId !== undefined) list.push(forcedEos([o.forcedEosTokenId].flat(), maxLength));
  if (o.removeInvalidValues) list.push(removeInvalid);
  if (o.exponentialDecayLengthPenalty)
    list.push(exponentialDecay(...o.exponentialDecayLengthPenalty, promptLength, eosTokenIds));
  if (o.suppressTokens?.length) list.push(suppressTokens(o.suppressTokens));
  if (o.beginSuppressTokens?.length) list.push(suppressAtBegin(o.beginSuppressTokens, promptLength));
  return list;
}

function warpers(o: ProcessorOptions, minTokensToKeep: number): LogitsProcessor[] {
  const list: LogitsProcessor[] = [];
  if (on(o.temperature, 1)) list.push(temperature(o.temperature));
  if (o.topH !== undefined) list.push(topH(o.topH));
  if (on(o.topK, 0)) list.push(topK(o.topK, minTokensToKeep));
  if (on(o.topP, 1)) list.push(topP(o.topP, minTokensToKeep));
  if (on(o.minP, 0)) list.push(minP(o.minP, minTokensToKeep));
  if (on(o.typicalP, 1)) list.push(typicalP(o.typicalP, minTokensToKeep));
  if (on(o.epsilonCutoff, 0)) list.push(epsilonCutoff(o.epsilonCutoff, minTokensToKeep));
  if (on(o.etaCutoff, 0)) list.push(etaCutoff(o.etaCutoff, minTokensToKeep));
  return list;
}

/** Given, and not the value that changes nothing. */
function on(value: number | undefined, off: number): value is number {
  return value !== undefined && value !== off;
}
