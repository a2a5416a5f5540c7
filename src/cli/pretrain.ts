/** @file `cygnet pretrain`: text in, a base model out. */

import { PARTS, PretrainSchema } from "../train/index.js";
import { command } from "./command.js";
import { runTraining } from "./training.js";

export const pretrainCommand = command({
  name: "pretrain",
  summary: "train a language model of your own from text",
  schema: PretrainSchema,
  recipe: true,
  groups: {
    Run: Object.keys(PARTS.run),
    Text: Object.keys(PARTS.text),
    Model: Object.keys(PARTS.model),
    "Budget and schedule": Object.keys(PARTS.budget),
    Optimiser: Object.keys(PARTS.optimizer),
  },
  examples: [
    "cygnet pretrain --data stories/ --depth 6 --minutes 5 --out runs/first",
    "cygnet pretrain --recipe recipe.json --seed 2 --out runs/second",
    "cygnet pretrain --resume --out runs/first",
  ],
  async run(given, io) {
    const result = await runTraining(given, io);
    if (!io.out.isTerminal) return;
    io.out.write(
      `\nmodel   ${result.model}\nreport  ${result.report}\n\nTalk to it: cygnet chat ${result.model}\n`,
    );
  },
});
