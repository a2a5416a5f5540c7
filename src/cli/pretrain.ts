/** @file `cygnet pretrain`: text in, a base model out. */

import { PARTS, type PretrainConfig, PretrainSchema } from "../train/index.js";
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
    Objective: Object.keys(PARTS.objective),
    Model: Object.keys(PARTS.model),
    "Budget and schedule": Object.keys(PARTS.budget),
    Optimiser: Object.keys(PARTS.optimizer),
  },
  examples: [
    "cygnet pretrain --data stories/ --depth 6 --minutes 5 --out runs/first",
    "cygnet pretrain --objective masked --data books/ --out runs/bert",
    "cygnet pretrain --objective seq2seq --source train.en --target train.fr --out runs/en-fr",
    "cygnet pretrain --recipe recipe.json --seed 2 --out runs/second",
    "cygnet pretrain --resume --out runs/first",
  ],
  async run(given, io) {
    const result = await runTraining(given, io);
    if (!io.out.isTerminal) return;
    io.out.write(
      `\nmodel   ${result.model}\nreport  ${result.report}\n\n${next(given.objective, result.model)}\n`,
    );
  },
});

/** What one does next with a model of this kind. */
function next(objective: PretrainConfig["objective"], model: string): string {
  if (objective === "masked") return `Ask it: cygnet fill-mask ${model} "The [MASK] sat on the mat."`;
  if (objective === "seq2seq") return "Let it write: loadText2Text (docs/guide/encoder-decoders.md)";
  return `Talk to it: cygnet chat ${model}`;
}
