/** @file T5's span corruption (Raffel et al. 2020, section 3.1.4): spans of a text are replaced by sentinels, and the target
 *  spells what each stood for. Spans as in the authors' random_spans_noise_mask: text and noise alternate, text first, each
 *  cut at random into as many spans as there are.
 *
 *      text    thank you for inviting me to your party last week
 *      source  thank you ⟨0⟩ me to your party ⟨1⟩ week ⟨eos⟩
 *      target  ⟨0⟩ for inviting ⟨1⟩ last ⟨eos⟩ */

import { UserError } from "../platform/errors.js";
import { optionInvalid } from "./optionInvalid.js";
import type { Random } from "./random.js";

export interface SpanOptions {
  /** Share of the tokens that are noise, above 0, below 1; 0.15 by default. */
  readonly noiseDensity?: number;
  /** Tokens a span of noise on average, at least 1; 3 by default. */
  readonly meanSpanLength?: number;
}

export interface CorruptionOptions extends SpanOptions {
  /** Ids that stand for spans, in order: T5's extra ids, descending (32099, 32098, …). */
  readonly sentinels: ArrayLike<number>;
  /** Ends source and target. */
  readonly eosId: number;
}

export interface CorruptedSpans {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

/** How many tokens of noise, in how many spans, a text of `length` tokens (at least 2) gets; functions of the length alone.
 *  There is at least one of each, and no more spans than tokens of either kind. */
export function noiseOf(
  length: number,
  { noiseDensity = 0.15, meanSpanLength = 3 }: SpanOptions = {},
): { noise: number; spans: number } {
  const noise = Math.min(Math.max(roundHalfEven(length * noiseDensity), 1), length - 1);
  const spans = Math.min(Math.max(roundHalfEven(noise / meanSpanLength), 1), noise, length - noise);
  return { noise, spans };
}

/** Tokens of source and target, end included, of a corrupted text of `length` tokens. */
function corruptedLengths(length: number, options: SpanOptions): { source: number; target: number } {
  const { noise, spans } = noiseOf(length, options);
  return { source: length - noise + spans + 1, target: noise + spans + 1 };
}

/** How many tokens of text fill a source of `inputLength` tokens (at least 4), or nearly, and how long the target then is:
 *  T5's compute_input_and_target_lengths. */
export function spanLengths(
  inputLength: number,
  options: SpanOptions = {},
): { pieceLength: number; targetLength: number } {
  checkSpans(options);
  if (!(Number.isSafeInteger(inputLength) && inputLength >= 4))
    throw optionInvalid("inputLength", inputLength, "a whole number, at least 4");
  let length = 2;
  while (corruptedLengths(length + 1, options).source <= inputLength) length++;
  // Half and half: the target is not to be longer than the source.
  if (options.noiseDensity === 0.5 && corruptedLengths(length, options).target > inputLength) length--;
  return { pieceLength: length, targetLength: corruptedLengths(length, options).target };
}

/** Throws `UserError`: `option-invalid`. */
export function checkSpans({ noiseDensity = 0.15, meanSpanLength = 3 }: SpanOptions): void {
  if (!(noiseDensity > 0 && noiseDensity < 1))
    throw optionInvalid("noiseDensity", noiseDensity, "a number above 0, below 1");
  if (!(meanSpanLength >= 1)) throw optionInvalid("meanSpanLength", meanSpanLength, "at least 1");
}

/** Throws `UserError` `sentinels-too-few` if a text of `length` tokens needs more sentinels than there are. */
export function checkSentinels(length: number, options: CorruptionOptions): void {
  const { spans } = noiseOf(length, options);
  if (spans > options.sentinels.length) {
    throw new UserError({
      code: "sentinels-too-few",
      at: "sentinels",
      message: `a text of ${length} tokens gets more spans than there are sentinels`,
      found: options.sentinels.length,
      expected: `at least ${spans}`,
      fix: "give the tokenizer more extra ids, shorten the source, or lengthen the spans (meanSpanLength)",
    });
  }
}

/** Corrupts a text of at least 2 tokens. Nothing but `random` decides. Throws `UserError` `sentinels-too-few`. */
export function corruptSpans(
  ids: ArrayLike<number>,
  options: CorruptionOptions,
  random: Random,
): CorruptedSpans {
  const { sentinels, eosId } = options;
  if (ids.length < 2) throw new RangeError(`a text of ${ids.length} tokens cannot be corrupted`);
  checkSentinels(ids.length, options);
  const { noise, spans } = noiseOf(ids.length, options);
  const noiseLengths = segments(noise, spans, random);
  const textLengths = segments(ids.length - noise, spans, random);
  const source = new Int32Array(ids.length - noise + spans + 1);
  const target = new Int32Array(noise + spans + 1);
  let from = 0;
  let s = 0;
  let t = 0;
  for (let span = 0; span < spans; span++) {
    for (const end = from + textLengths[span]!; from < end; from++) source[s++] = ids[from]!;
    source[s++] = sentinels[span]!;
    target[t++] = sentinels[span]!;
    for (const end = from + noiseLengths[span]!; from < end; from++) target[t++] = ids[from]!;
  }
  source[s] = eosId;
  target[t] = eosId;
  return { source, target };
}

/** `items` cut into `count` segments of at least one, every way equally likely. */
function segments(items: number, count: number, random: Random): number[] {
  const lengths: number[] = [];
  let start = 0;
  let cuts = count - 1;
  // Whether a segment ends before item i: exactly `cuts` of the items − 1 places, each choice equally likely.
  for (let i = 1; i < items; i++) {
    if (random.below(items - i) >= cuts) continue;
    lengths.push(i - start);
    start = i;
    cuts--;
  }
  lengths.push(items - start);
  return lengths;
}

/** As numpy and TensorFlow round, so that lengths are the authors'. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
}
