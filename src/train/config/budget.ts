/** @file The recipe's part about how long, how much at once, and how the rate goes. */

import { z } from "zod";
import { count, positive, share } from "./fields.js";

export const budgetFields = {
  minutes: positive()
    .optional()
    .describe("train for so long; the number of steps is planned from the speed measured. By default 5"),
  tokens: count().optional().describe("train on so many tokens, instead of minutes"),
  steps: count().optional().describe("train for so many steps, instead of minutes"),
  batch: count().optional().describe("sequences a step; by default about 512 tokens a layer"),
  microBatch: count()
    .optional()
    .describe("sequences computed at once; the gradients of a step's are added up. By default the batch"),
  schedule: z
    .enum(["wsd", "cosine", "linear", "constant"])
    .default("wsd")
    .describe("how the rate goes after the warm-up: wsd is level and falls at the end"),
  warmup: z.number().min(0).default(0.02).describe("steps of warm-up; below 1, the share of all steps"),
  decay: share().default(0.7).describe("share of the steps in which wsd falls"),
  decayShape: z.enum(["linear", "cosine", "1-sqrt"]).default("linear").describe("how wsd falls"),
  finalLr: share().default(0.05).describe("rate at the end, as a share of the highest"),
};
