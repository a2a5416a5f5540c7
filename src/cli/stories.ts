/** @file Some texts of a fresh model, streamed as they are written; then, where a person is there, a conversation. */

import { loadGenerator, type TextGenerator } from "../generate/loadGenerator.js";
import { standardLines } from "../platform/lines.js";
import { converse } from "./chat.js";
import type { Io } from "./io.js";
import { wordWrapper } from "./views/format.js";

const PROMPTS = ["Once upon a time", "One day", "In the village"];

export interface StoriesOptions {
  /** The model's folder. */
  readonly model: string;
  readonly seed: number;
  /** Written between the stories and the conversation. */
  readonly between: () => void;
}

/** Writes a text to each prompt; where somebody is there, goes on with a chat. */
export async function tellStories({ model, seed, between }: StoriesOptions, io: Io): Promise<void> {
  const generator = loadGenerator(model);
  try {
    for (const prompt of PROMPTS) await tell(generator, prompt, seed, io);
    between();
    if (io.interactive) await chat(generator, io);
  } finally {
    generator.dispose();
  }
}

async function tell(generator: TextGenerator, prompt: string, seed: number, io: Io): Promise<void> {
  const out = io.out.isTerminal ? io.out : io.err;
  const wrap = out.isTerminal ? wordWrapper(() => out.columns) : (piece = "") => piece;
  out.write(`\n${wrap(prompt)}`);
  for await (const piece of generator.stream(prompt, { maxTokens: 400, seed })) out.write(wrap(piece));
  out.write(`${wrap(undefined)}\n`);
}

async function chat(generator: TextGenerator, io: Io): Promise<void> {
  const lines = standardLines();
  try {
    await converse(generator, {}, lines, io);
  } finally {
    lines.close();
  }
}
