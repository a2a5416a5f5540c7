/** @file Some texts of a fresh model, streamed as they are written. */

import { loadGenerator } from "../generate/loadGenerator.js";
import type { Io } from "./io.js";

const PROMPTS = ["Once upon a time", "One day", "In the village"];

/** Writes a text to each prompt by the model in `model`. */
export async function tellStories({ model, seed }: { model: string; seed: number }, io: Io): Promise<void> {
  const out = io.out.isTerminal ? io.out : io.err;
  const generator = loadGenerator(model);
  try {
    for (const prompt of PROMPTS) {
      out.write(`\n${prompt}`);
      for await (const piece of generator.stream(prompt, { maxTokens: 200, seed })) out.write(piece);
      out.write("\n");
    }
  } finally {
    generator.dispose();
  }
}
