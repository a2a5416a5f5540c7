/** @file `cygnet quickstart`: from nothing to a model that tells stories, in about five minutes. */

import { z } from "zod";
import { exists, joinPath } from "../platform/files.js";
import { isFinished, type PretrainConfig } from "../train/index.js";
import { command } from "./command.js";
import type { Io } from "./io.js";
import { tellStories } from "./stories.js";
import { runTraining } from "./training.js";

const QuickstartSchema = z.strictObject({
  minutes: z.number().positive().default(5).describe("minutes to train"),
  out: z.string().default("runs/village").describe("folder of the run: model/, report.html"),
  data: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe("your own text, instead of stories of the built-in village"),
  depth: z.int().positive().optional().describe("layers; by default by the minutes"),
  seed: z.int().min(0).default(1).describe("of the weights, the order of the data and the stories"),
  overwrite: z.boolean().default(false).describe("begin anew where --out holds a run already"),
});

/** Of the stories: enough to measure, few enough that the last validation does not keep anybody waiting. */
const VALIDATION = 0.01;

export const quickstartCommand = command({
  name: "quickstart",
  summary: "make a corpus, train a model on it, read its stories, talk to it",
  schema: QuickstartSchema,
  examples: [
    "npm run quickstart",
    "npm run quickstart -- --minutes 1",
    "cygnet quickstart --data my-stories.txt --out runs/mine",
  ],
  async run(given, io) {
    const { minutes, out, data, depth, seed, overwrite } = QuickstartSchema.parse(given);
    const model = joinPath(out, "model");
    const report = joinPath(out, "report.html");
    if (isFinished(out) && !overwrite)
      io.err.write(`${out} holds a finished model already; --overwrite trains a new one.\n`);
    else {
      // A run that was stopped goes on; the recipe is its own, so only the folder is named.
      const going: PretrainConfig =
        exists(joinPath(out, "run.json")) && !overwrite
          ? { out, resume: true }
          : {
              minutes,
              out,
              seed,
              overwrite,
              validationFraction: VALIDATION,
              ...(data === undefined ? {} : { data }),
              ...(depth === undefined ? {} : { depth }),
            };
      await runTraining(going, io);
    }
    await tellStories({ model, seed, between: () => next({ out, model, report }, io) }, io);
  },
});

function next({ out, model, report }: { out: string; model: string; report: string }, io: Io): void {
  const to = io.out.isTerminal ? io.out : io.err;
  to.write(`
The model is in ${model}, its curves and samples in ${report}.

What to try next:
  npx cygnet chat ${model}
  npx cygnet generate ${model} --prompt "Once upon a time"
  npx cygnet pretrain --data YOUR-TEXT/ --minutes 10 --out runs/mine
  npx cygnet pretrain --resume --out ${out}      (after Ctrl-C)
`);
}
