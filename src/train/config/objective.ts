/** @file The recipe's part about what is learned: next words, masked words, or a text out of another. */

import { z } from "zod";
import { positive, share } from "./fields.js";

export const OBJECTIVES = ["causal", "masked", "seq2seq"] as const;

export const objectiveFields = {
  objective: z
    .enum(OBJECTIVES)
    .default("causal")
    .describe(
      "what is learned: the next word (GPT), masked words (BERT), or a text out of another (the original transformer): pairs, or spans taken out of plain text (T5)",
    ),
  source: z.string().optional().describe("seq2seq: file whose lines are the sources"),
  target: z.string().optional().describe("seq2seq: file whose lines are their targets"),
  validationSource: z.string().optional().describe("seq2seq: sources kept apart for validation"),
  validationTarget: z.string().optional().describe("seq2seq: their targets"),
  sourceKey: z.string().optional().describe("seq2seq: key of the source in JSON lines"),
  targetKey: z.string().optional().describe("seq2seq: key of the target in JSON lines; by default target"),
  labelSmoothing: share()
    .optional()
    .describe(
      "seq2seq: share of a target's weight that all tokens get; by default 0.1 for pairs, 0 for spans",
    ),
  maskProbability: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.15)
    .describe("masked: share of the tokens that are to be said; seq2seq without pairs: that are taken out"),
  wholeWord: z.boolean().default(false).describe("masked: a word's tokens are masked together"),
  spanLength: positive().default(3).describe("seq2seq without pairs: tokens of a span, on average"),
};

/** Which objectives a field belongs to, where it does not belong to all. */
export const OBJECTIVE_OF: Readonly<Record<string, (typeof OBJECTIVES)[number]>> = {
  source: "seq2seq",
  target: "seq2seq",
  validationSource: "seq2seq",
  validationTarget: "seq2seq",
  sourceKey: "seq2seq",
  targetKey: "seq2seq",
  labelSmoothing: "seq2seq",
  wholeWord: "masked",
};
