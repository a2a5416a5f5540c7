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
import { createComparison } from "../compare.js";
import {
  type CaseContext,
  CaseError,
  type CheckJson,
  type CheckResult,
  type CheckType,
  NotHere,
} from "./kind.js";

/** The settings of a check: `args` and `other`, as the file spells them. */
type Settings = Readonly<Record<string, unknown>>;

type Make = (s: Settings, encoderIds: Int32Array) => LogitsProcessor;

const num = (s: Settings, key: string, otherwise?: number): number => {
  const value = s[key] ?? otherwise;
  if (typeof value !== "number") throw new CaseError(`the check gives no number for ${key}`);
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

export const processorChecks: CheckType = { types: ["processor"], run };

function run(check: CheckJson, context: CaseContext): CheckResult {
  const inputs = (check.inputs ?? {}) as Settings;
  const scores = context.tensor(inputs.scores);
  const expected = context.tensor((check.expect as Settings | undefined)?.scores).floats();
  const [rows, vocab] = scores.shape as [number, number];
  const all = scores.floats();
  const c = createComparison(check.id);
  for (let r = 0; r < rows; r++) {
    const row = all.subarray(r * vocab, (r + 1) * vocab);
    process(row, check, context, r);
    const kept = (check.kept as number[] | undefined)?.[r];
    const count = row.filter(Number.isFinite).length;
    if (kept !== undefined)
      c.that("kept", count === kept, `row ${r} keeps ${count} tokens, expected ${kept}`);
  }
  // Between equal scores at a threshold the library's choice is arbitrary.
  if (check.compare !== "kept_counts")
    c.arrays("scores, relative", inUnitsOf(expected, all), inUnitsOf(expected, expected), 1e-6);
  return c.result();
}

function process(row: Float32Array, check: CheckJson, context: CaseContext, r: number): void {
  const inputs = (check.inputs ?? {}) as Settings;
  const settings = { ...(check.args as Settings), ...(check.other as Settings | undefined) };
  const rowOf = (name: unknown) => {
    const { shape, ints } = context.tensor(name);
    return ints().subarray(r * shape[1]!, (r + 1) * shape[1]!);
  };
  const ids = rowOf(inputs.input_ids);
  const encoderIds =
    inputs.encoder_input_ids === undefined ? new Int32Array(0) : rowOf(inputs.encoder_input_ids);
  const length = num(inputs, "length", ids.length);
  for (const name of list<string>(check, "processors")) {
    const make = MAKERS[name];
    if (make === undefined) throw new NotHere(`the processor ${name} is not here`);
    make(settings, encoderIds)(row, { ids, length, padding: 0 });
  }
}

/** Values beside 1 or, where that is larger, the size of what is expected there. */
function inUnitsOf(expected: Float32Array, values: Float32Array): number[] {
  return Array.from(values, (x, i) => {
    const size = Math.abs(expected[i]!);
    return x / (Number.isFinite(size) ? Math.max(1, size) : 1);
  });
}
