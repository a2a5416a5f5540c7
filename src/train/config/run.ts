/** @file The recipe's part about the run: where it goes, on what it runs, and what is told on the way. */

import { z } from "zod";
import { DEVICES } from "../../tensor/device.js";
import { count, positive } from "./fields.js";

export const runFields = {
  out: z
    .string()
    .default("runs/first")
    .describe("folder of the run: model/, report.html, metrics.jsonl, checkpoints/"),
  resume: z
    .boolean()
    .default(false)
    .describe("go on with the run in --out, to the same bits as if it had never stopped"),
  overwrite: z.boolean().default(false).describe("begin anew where --out holds a run already"),
  seed: z.int().min(0).default(1).describe("of the initial weights, the order of the data and the samples"),
  device: z.enum(DEVICES).default("auto").describe("which engine computes"),
  recompute: z
    .boolean()
    .default(false)
    .describe(
      "hold only the layers' inputs and compute them again in the backward: less memory, about a third more work",
    ),
  compute: z.enum(["fp32", "bf16"]).default("fp32").describe("precision of the operands of matrix products"),
  threads: count().optional().describe("threads; the result does not depend on it"),
  debugNumerics: z
    .boolean()
    .default(false)
    .describe(
      "look at what every operation makes and stop at the first NaN or infinity, with its place; slower",
    ),
  evaluateEvery: count()
    .optional()
    .describe("steps between validations; by default 20 in a run, fewer in a short one"),
  evaluateTokens: count()
    .optional()
    .describe(
      "tokens of a validation on the way; by default few enough to cost little; the last one takes all",
    ),
  sampleEvery: count().optional().describe("steps between samples; by default with every second validation"),
  prompt: z
    .string()
    .optional()
    .describe("beginning of the samples; by default that of a story, or of any text"),
  checkpointSeconds: positive().default(60).describe("seconds between checkpoints"),
};

/** What may be given anew when a run goes on: nothing that changes the result. */
export const RESUMABLE: readonly string[] = [
  "out",
  "resume",
  "overwrite",
  "threads",
  "debugNumerics",
  "evaluateTokens",
  "sampleEvery",
  "evaluateEvery",
  "prompt",
  "checkpointSeconds",
];
