/** @file Checks of type `processor`: rows of scores after one logits processor or a chain of them. Names are Hugging Face's
 *  classes. */

import {
  badWords,
  encoderNoRepeatNgram,
  encoderRepetitionPenalty,
  epsilonCutoff,
  etaCutoff,
  exponentialDecay,
  forcedBos,
  forcedEos,
  type LogitsProcessor,
  minLength,
  minNewTokens,
  minP,
  noRepeatNgram,
  openaiPenalties,
  removeInvalid,
  renormalize,
  repetitionPenalty,
  sequenceBias,
  suppressAtBegin,
  suppressTokens,
  temperature,
  topH,
  topK,
  topP,
  typicalP,
} from "../../../generate/processors/index.js";

/** The settings of a check: `args` and `other`, as the file spells them. */
export type Settings = Readonly<Record<string, unknown>>;

type Make = (s: Settings, encoderIds: Int32Array) => LogitsProcessor;

const num = (s: Settings, key: string, otherwise?: number): number => {
  const value = s[key] ?? otherwise;
  if (typeof value !== "number") throw new Error(`the check gives no number for ${key}`);
  return value;
};
const list = <T>(s: Settings, key: string): T[] => [s[key]].flat() as T[];
const rows = <T>(s: Settings, key: string): T[] => s[key] as T[];
const keep = (s: Settings) => num(s, "min_tokens_to_keep", 1);
const eos = (s: Settings) => list<number>(s, "eos_token_id");

const MAKERS: Readonly<Record<string, Make>> = {
  TemperatureLogitsWarper: (s) => temperature(num(s, "temperature")),
  TopKLogitsWarper: (s) => topK(num(s, "top_k"), keep(s)),
  TopPLogitsWarper: (s) => topP(num(s, "top_p"), keep(s)),
  MinPLogitsWarper: (s) => minP(num(s, "min_p"), keep(s)),
  TypicalLogitsWarper: (s) => typicalP(num(s, "typical_p"), keep(s)),
  EpsilonLogitsWarper: (s) => epsilonCutoff(num(s, "epsilon_cutoff"), keep(s)),
  EtaLogitsWarper: (s) => etaCutoff(num(s, "eta_cutoff"), keep(s)),
  TopHLogitsWarper: (s) => topH(num(s, "top_h")),
  RepetitionPenaltyLogitsProcessor: (s) =>
    repetitionPenalty(num(s, "repetition_penalty"), num(s, "prompt_ignore_length", 0)),
  NoRepeatNGramLogitsProcessor: (s) => noRepeatNgram(num(s, "no_repeat_ngram_size")),
  NoBadWordsLogitsProcessor: (s) => badWords(rows<number[]>(s, "bad_words_ids"), eos(s)),
  SequenceBiasLogitsProcessor: (s) => sequenceBias(rows<[number[], number]>(s, "sequence_bias")),
  MinLengthLogitsProcessor: (s) => minLength(num(s, "min_length"), eos(s)),
  MinNewTokensLengthLogitsProcessor: (s) =>
    minNewTokens(num(s, "min_new_tokens"), num(s, "prompt_length"), eos(s)),
  ForcedBOSTokenLogitsProcessor: (s) => forcedBos(num(s, "forced_bos_token_id")),
  ForcedEOSTokenLogitsProcessor: (s) =>
    forcedEos(list<number>(s, "forced_eos_token_id"), num(s, "max_length")),
  ExponentialDecayLengthPenalty: (s) => {
    const [start, factor] = rows<number>(s, "exponential_decay_length_penalty");
    return exponentialDecay(start!, factor!, num(s, "prompt_length"), eos(s));
  },
  SuppressTokensLogitsProcessor: (s) => suppressTokens(list<number>(s, "suppress_tokens")),
  SuppressTokensAtBeginLogitsProcessor: (s) =>
    suppressAtBegin(list<number>(s, "begin_suppress_tokens"), num(s, "begin_index")),
  EncoderRepetitionPenaltyLogitsProcessor: (s, ids) =>
    encoderRepetitionPenalty(num(s, "encoder_repetition_penalty"), ids),
  EncoderNoRepeatNGramLogitsProcessor: (s, ids) =>
    encoderNoRepeatNgram(num(s, "encoder_no_repeat_ngram_size"), ids),
  InfNanRemoveLogitsProcessor: () => removeInvalid,
  LogitNormalization: () => renormalize,
  openai_penalties: (s) =>
    openaiPenalties(num(s, "frequency_penalty"), num(s, "presence_penalty"), num(s, "prompt_length")),
};

/** The processor of that class, or undefined where there is none here. */
export function processorNamed(
  name: string,
  settings: Settings,
  encoderIds: Int32Array,
): LogitsProcessor | undefined {
  return MAKERS[name]?.(settings, encoderIds);
}
