/** @file `cygnet chat`: write, and the model goes on. A base model knows no questions and answers: it continues the text so
 *  far, to which every line of yours adds a paragraph. */

import { z } from "zod";
import { loadGenerator, type TextGenerator } from "../generate/loadGenerator.js";
import type { GenerateOptions } from "../generate/options.js";
import { nearest } from "../platform/errors.js";
import { type LineSource, onInterrupt, standardLines } from "../platform/lines.js";
import { command } from "./command.js";
import { modelPlace } from "./hub.js";
import type { Io } from "./io.js";
import { deviceFlags, samplingFlags, samplingOf } from "./sampling.js";

const ChatSchema = z.strictObject({
  model: z
    .string()
    .describe(
      "a run's folder, a model's folder, a GGUF file, a llama2.c file (.bin), or hf:org/name of the hub",
    ),
  ...samplingFlags,
  ...deviceFlags,
  tokenizer: z.string().optional().describe("the tokenizer of a llama2.c file (tok*.bin beside it)"),
});

export const chatCommand = command({
  name: "chat",
  summary: "write with a model, line by line",
  schema: ChatSchema,
  positional: [{ key: "model", required: true }],
  groups: { Sampling: Object.keys(samplingFlags), Machine: Object.keys(deviceFlags) },
  examples: ["cygnet chat runs/village", "echo 'Once upon a time' | cygnet chat runs/village --seed 1"],
  async run(given, io) {
    const settings = ChatSchema.parse(given);
    const { model, device, compute, tokenizer } = settings;
    const onWarning = (warning: string) => io.err.write(`${warning}\n`);
    const generator = loadGenerator(await modelPlace(model, io), { device, compute, tokenizer, onWarning });
    const lines = standardLines();
    try {
      await converse(generator, samplingOf(settings), lines, io);
    } finally {
      lines.close();
      generator.dispose();
    }
  },
});

const HELP = `Write something and the model continues it; an empty line lets it go on.
  /reset            forget the text so far
  /temperature T    below 1 safer, above 1 wilder, 0 always the best token
  /seed N           the same seed and the same lines give the same text
  /help             this
  /quit             leave (also Ctrl-D, or Ctrl-C twice); Ctrl-C alone stops a reply
`;

interface Talk {
  readonly generator: TextGenerator;
  readonly io: Io;
  options: GenerateOptions;
  /** Everything so far. */
  text: string;
  /** Replies since the beginning: each has its own random numbers. */
  turn: number;
}

/** Reads lines and answers them until the input ends. */
export async function converse(
  generator: TextGenerator,
  options: GenerateOptions,
  lines: LineSource,
  io: Io,
): Promise<void> {
  const talk: Talk = { generator, io, options, text: "", turn: 0 };
  if (io.interactive)
    io.out.write("A base model does not answer: it continues what you write. /help says more.\n");
  for (let interrupted = false; ; ) {
    const line = await lines.next("> ");
    if (line.kind === "end") return;
    if (line.kind === "interrupt") {
      if (interrupted) return;
      io.out.write("(Ctrl-C again to leave)\n");
      interrupted = true;
    } else if (line.text.startsWith("/")) {
      if (!obey(talk, line.text)) return;
      interrupted = false;
    } else {
      interrupted = await reply(talk, line.text);
    }
  }
}

/** Continues the text behind what was written; whether Ctrl-C stopped it. */
async function reply(talk: Talk, written: string): Promise<boolean> {
  const { generator, io } = talk;
  const paragraph = talk.text !== "" && written !== "" && !/\s$/.test(talk.text) ? "\n" : "";
  talk.text += paragraph + written;
  const stop = new AbortController();
  const quiet = onInterrupt(() => stop.abort());
  const began = performance.now();
  const options = { ...talk.options, sample: talk.turn++, signal: stop.signal };
  const stream = generator.stream(roomFor(talk, options.maxTokens ?? 256), options);
  try {
    io.out.write(written);
    for (;;) {
      const { done, value } = await stream.next();
      if (done === true) {
        const { ids, finishReason, seed } = value;
        talk.options = { ...talk.options, seed };
        io.out.write("\n");
        const ended = finishReason === "stop";
        if (ended) talk.text = "";
        if (io.interactive)
          io.err.write(
            `(${ids.length} tokens, ${((1000 * ids.length) / (performance.now() - began)).toFixed(0)} a second${ended ? "; the text is finished, the next begins anew" : ""})\n`,
          );
        return false;
      }
      talk.text += value;
      io.out.write(value);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    io.out.write("\n");
    return true;
  } finally {
    quiet();
  }
}

/** The text's tokens, or, where it has become too long, its end, with room for half a context at least. */
function roomFor({ generator, text, io }: Talk, maxTokens: number): Int32Array {
  const { model, tokenizer } = generator;
  const ids = tokenizer.encode(text);
  const most = model.contextLength - Math.min(maxTokens, Math.floor(model.contextLength / 2)) - 1;
  if (ids.length <= most) return ids;
  io.err.write(
    `(the text is longer than the model's context of ${model.contextLength} tokens: it no longer sees the beginning)\n`,
  );
  return ids.slice(ids.length - most);
}

/** Obeys a command; false to leave. */
function obey(talk: Talk, line: string): boolean {
  const { io } = talk;
  const [name = "", value = ""] = line.slice(1).trim().split(/\s+/);
  const number = value === "" ? Number.NaN : Number(value);
  switch (name) {
    case "quit":
    case "exit":
      return false;
    case "help":
      io.out.write(HELP);
      return true;
    case "reset":
      talk.text = "";
      talk.turn = 0;
      return true;
    case "seed":
      if (Number.isSafeInteger(number) && number >= 0) talk.options = { ...talk.options, seed: number };
      else io.err.write(`/seed needs a whole number from 0 on, not ${JSON.stringify(value)}\n`);
      return true;
    case "temperature":
      if (number >= 0 && Number.isFinite(number)) talk.options = { ...talk.options, temperature: number };
      else io.err.write(`/temperature needs a number from 0 on, not ${JSON.stringify(value)}\n`);
      return true;
    default: {
      const near = nearest(name, ["quit", "help", "reset", "seed", "temperature"]);
      io.err.write(
        `there is no /${name}; ${near === undefined ? "/help lists what there is" : `did you mean /${near}?`}\n`,
      );
      return true;
    }
  }
}
