/** @file What can be asked of a generation, and the check of it. */

import { UserError } from "../platform/errors.js";
import type { ProcessorOptions } from "./processors/index.js";

export interface GenerateOptions extends ProcessorOptions {
  /** Tokens at most; default 256. The model's context may end the text sooner; the reason is then "length", too. */
  readonly maxTokens?: number | undefined;
  /** 0 … 2⁵³−1. The same seed gives the same text, on every machine of the same class of kernels and whatever else is in the
   *  batch. Default: one drawn at random, which the result names. */
  readonly seed?: number | undefined;
  /** Which of several texts with the same seed this is: 0, 1, … */
  readonly sample?: number | undefined;
  /** The text ends before any of these; they may straddle tokens. */
  readonly stop?: string | readonly string[] | undefined;
  /** Tokens that end the text; default the model's. [] for none. */
  readonly eosTokenIds?: readonly number[] | undefined;
  /** Log-probabilities of the tokens chosen, and of that many best ones beside each: of the model itself, before
   *  temperature and processors. */
  readonly logprobs?: number | undefined;
  /** A token put before the prompt (BOS), unless the prompt begins with it. */
  readonly prefixTokenId?: number | undefined;
  /** Special tokens spelled in a prompt given as text; by default they are plain text. */
  readonly special?: "none" | "all" | readonly string[] | undefined;
  /** Show special tokens in the text; default false. */
  readonly showSpecialTokens?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Rule = readonly [check: (value: number) => boolean, expected: string];
const whole = (from: number): Rule => [
  (v) => Number.isSafeInteger(v) && v >= from,
  `a whole number from ${from} on`,
];
const positive: Rule = [(v) => v > 0 && Number.isFinite(v), "a number above 0"];
const share: Rule = [(v) => v >= 0 && v <= 1, "a number from 0 to 1"];
const partly: Rule = [(v) => v > 0 && v <= 1, "a number above 0 and at most 1"];
const finite: Rule = [Number.isFinite, "a number"];

const RULES: Partial<Record<keyof GenerateOptions, Rule>> = {
  maxTokens: whole(1),
  seed: whole(0),
  sample: whole(0),
  logprobs: whole(0),
  temperature: [(v) => v >= 0 && Number.isFinite(v), "a number from 0 on (0: always the best token)"],
  topK: whole(0),
  topP: partly,
  minP: share,
  typicalP: partly,
  topH: partly,
  epsilonCutoff: share,
  etaCutoff: share,
  repetitionPenalty: positive,
  frequencyPenalty: finite,
  presencePenalty: finite,
  noRepeatNgramSize: whole(0),
  minLength: whole(0),
  minNewTokens: whole(0),
};

/** Throws UserError `option-invalid` for a value that makes no sense. */
export function checkOptions(options: GenerateOptions): void {
  for (const [key, rule] of Object.entries(RULES)) {
    const value = options[key as keyof GenerateOptions];
    if (value === undefined) continue;
    if (typeof value !== "number" || !rule[0](value)) {
      throw new UserError({
        code: "option-invalid",
        at: key,
        message: "cannot be used",
        found: value,
        expected: rule[1],
      });
    }
  }
}
