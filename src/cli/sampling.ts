/** @file The flags with which every command that writes text says how. */

import { z } from "zod";
import type { GenerateOptions } from "../generate/options.js";
import { DEVICES } from "../tensor/device.js";

/** Where not given, the model's generation_config.json decides, and last what the text in brackets says. */
export const samplingFlags = {
  maxTokens: z.int().positive().optional().describe("tokens at most (256)"),
  temperature: z
    .number()
    .min(0)
    .optional()
    .describe("below 1 safer, above 1 wilder; 0 always takes the best token (1)"),
  topK: z.int().min(0).optional().describe("only the k best tokens; 0: all (0)"),
  topP: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("only the best tokens that together reach this probability (1)"),
  minP: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("only tokens at least this share as likely as the best (0)"),
  repetitionPenalty: z.number().positive().optional().describe("above 1 discourages what has occurred (1)"),
  seed: z.int().min(0).optional().describe("the same seed gives the same text (drawn at random)"),
};

export const deviceFlags = {
  device: z.enum(DEVICES).default("auto").describe("where to compute"),
  compute: z.enum(["fp32", "bf16"]).default("fp32").describe("precision of matrix products"),
};

type Given = { readonly [K in keyof typeof samplingFlags]?: z.input<(typeof samplingFlags)[K]> };

/** What of the flags was given. */
export function samplingOf(given: Given): GenerateOptions {
  const keys = Object.keys(samplingFlags) as (keyof Given)[];
  return Object.fromEntries(keys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
}
