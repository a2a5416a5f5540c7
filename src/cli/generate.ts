/** @file `cygnet generate`: a text, streamed. */

import { z } from "zod";
import { loadGenerator, type TextGenerator } from "../generate/loadGenerator.js";
import type { GenerateOptions } from "../generate/options.js";
import type { Generation } from "../generate/request.js";
import { onStop, SIGNAL_EXIT } from "../platform/signals.js";
import { command } from "./command.js";
import { modelPlace } from "./hub.js";
import type { Io } from "./io.js";
import { StoppedError } from "./program.js";
import { deviceFlags, samplingFlags, samplingOf } from "./sampling.js";

const GenerateSchema = z.strictObject({
  model: z
    .string()
    .describe(
      "a run's folder, a model's folder, a GGUF file, a llama2.c file (.bin), or hf:org/name of the hub",
    ),
  prompt: z.string().optional().describe("what to continue; by default the model begins a text"),
  ...samplingFlags,
  stop: z.array(z.string()).optional().describe("end before any of these strings"),
  n: z.int().positive().default(1).describe("how many texts"),
  ...deviceFlags,
  tokenizer: z.string().optional().describe("the tokenizer of a llama2.c file (tok*.bin beside it)"),
  json: z.boolean().default(false).describe("one JSON object a text, with ids and the reason of its end"),
});

type Settings = z.output<typeof GenerateSchema>;

export const generateCommand = command({
  name: "generate",
  summary: "continue a prompt",
  schema: GenerateSchema,
  positional: [{ key: "model", required: true }],
  groups: { Sampling: [...Object.keys(samplingFlags), "stop"], Machine: Object.keys(deviceFlags) },
  examples: [
    'cygnet generate runs/village --prompt "Once upon a time"',
    'cygnet generate runs/village --prompt "The fox" --n 3 --temperature 0.8 --seed 1 --json',
  ],
  async run(given, io) {
    const settings = GenerateSchema.parse(given);
    const { model, device, compute, tokenizer } = settings;
    const onWarning = (warning: string) => io.err.write(`${warning}\n`);
    const generator = loadGenerator(await modelPlace(model, io), { device, compute, tokenizer, onWarning });
    const controller = new AbortController();
    const quiet = onStop((signal) => controller.abort(new StoppedError(SIGNAL_EXIT[signal])));
    try {
      const options = { ...samplingOf(settings), stop: settings.stop, signal: controller.signal };
      await write(generator, settings, options, io);
    } finally {
      quiet();
      generator.dispose();
    }
  },
});

async function write(
  generator: TextGenerator,
  settings: Settings,
  options: GenerateOptions,
  io: Io,
): Promise<void> {
  const { prompt = "", n, json } = settings;
  const began = performance.now();
  const texts =
    n === 1 && !json
      ? [await streamed(generator, prompt, options, io)]
      : await generator.generateBatch(new Array<string>(n).fill(prompt), options);
  const seconds = (performance.now() - began) / 1000;
  if (json)
    for (const [i, text] of texts.entries()) io.out.write(`${JSON.stringify(record(prompt, text, i))}\n`);
  else if (n > 1) io.out.write(`${texts.map((t) => `${prompt}${t.text}\n`).join("\n---\n\n")}`);
  const tokens = texts.reduce((sum, t) => sum + t.ids.length, 0);
  const [{ seed, finishReason }] = texts as [Generation];
  const end = n === 1 ? `, ended by ${finishReason === "stop" ? "itself" : "length"}` : "";
  io.err.write(`${tokens} tokens, ${(tokens / seconds).toFixed(1)} tokens/s, seed ${seed}${end}\n`);
}

async function streamed(
  generator: TextGenerator,
  prompt: string,
  options: GenerateOptions,
  io: Io,
): Promise<Generation> {
  io.out.write(prompt);
  const stream = generator.stream(prompt, options);
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) {
      io.out.write("\n");
      return value;
    }
    io.out.write(value);
  }
}

function record(
  prompt: string,
  { text, ids, finishReason, stoppedBy, promptTokens, seed }: Generation,
  sample: number,
): object {
  return {
    prompt,
    text,
    finish_reason: finishReason,
    stopped_by: stoppedBy,
    seed,
    sample,
    prompt_tokens: promptTokens,
    ids: [...ids],
  };
}
