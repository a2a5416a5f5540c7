/** @file Generation: one text, several at once, or one as a stream of pieces. Rows of a batch do not influence each other,
 *  and a finished row leaves the batch. */

import { nextTurn } from "../platform/turn.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { type Continuable, startDecoding } from "./decoding.js";
import type { GenerateOptions } from "./options.js";
import { createRequest, type Generation, type Prompt, type Request } from "./request.js";

/** Continues a prompt. Throws UserError where prompt or options make no sense, `signal.reason` when aborted. */
export async function generate(
  model: Continuable,
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  options: GenerateOptions = {},
): Promise<Generation> {
  const [generation] = await generateBatch(model, tokenizer, [prompt], options);
  return generation!;
}

/** Continues several prompts together, in one batch. Options may be given for each; with common ones, texts of the same
 *  seed are told apart by their place (`sample`). */
export async function generateBatch(
  model: Continuable,
  tokenizer: Tokenizer | undefined,
  prompts: readonly Prompt[],
  options: GenerateOptions | readonly GenerateOptions[] = {},
): Promise<Generation[]> {
  if (prompts.length === 0) return [];
  const all: readonly GenerateOptions[] = isList(options) ? options : placed(options, prompts.length);
  const requests = prompts.map((prompt, i) => createRequest(model, tokenizer, prompt, all[i]!));
  const signals = all.flatMap((o) => (o.signal ? [o.signal] : []));
  const turns = createTurns();
  for (const _ of runRequests(model, requests)) {
    if (turns.due()) await nextTurn();
    for (const signal of signals) signal.throwIfAborted();
  }
  return requests.map((r) => r.result());
}

/** The text piece by piece, as soon as it is certain: no half characters, nothing that may belong to a stop string. The
 *  generator's return value is the whole. */
export async function* streamGenerate(
  model: Continuable,
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<string, Generation, undefined> {
  options.signal?.throwIfAborted();
  const request = createRequest(model, tokenizer, prompt, options);
  const turns = createTurns();
  for (const _ of runRequests(model, [request])) {
    const piece = request.takeText();
    if (piece !== "") yield piece;
    if (turns.due()) await nextTurn();
    options.signal?.throwIfAborted();
  }
  return request.result();
}

/** Runs requests to their ends, pausing after each step. Leaving early releases what is held. */
export function* runRequests(
  model: Continuable,
  requests: readonly Request[],
): Generator<undefined, void, undefined> {
  const capacity = neededCapacity(requests);
  const decoding = startDecoding(
    model,
    requests.map((r) => r.prompt),
    { capacity },
  );
  const { vocabSize } = decoding;
  try {
    let active = [...requests];
    for (;;) {
      const { logits } = decoding;
      const tokens = active.map((r, i) => r.advance(logits.subarray(i * vocabSize, (i + 1) * vocabSize)));
      yield undefined;
      const going = [...active.keys()].filter((i) => !active[i]!.finished);
      if (going.length === 0) return;
      if (going.length < active.length) {
        decoding.select(going);
        active = going.map((i) => active[i]!);
      }
      decoding.step(Int32Array.from(going, (i) => tokens[i]!));
    }
  } finally {
    decoding.dispose();
  }
}

/** The last token chosen is never read. */
function neededCapacity(requests: readonly Request[]): number {
  return Math.max(...requests.map((r) => r.maxLength)) - 1;
}

function isList(
  options: GenerateOptions | readonly GenerateOptions[],
): options is readonly GenerateOptions[] {
  return Array.isArray(options);
}

function placed(options: GenerateOptions, count: number): GenerateOptions[] {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  return Array.from({ length: count }, (_, i) => ({ ...options, seed, sample: (options.sample ?? 0) + i }));
}

/** Others get a turn about every 8 ms, and at the first step. */
function createTurns(): { due(): boolean } {
  let last = Number.NEGATIVE_INFINITY;
  return {
    due() {
      const now = performance.now();
      if (now - last < 8) return false;
      last = now;
      return true;
    },
  };
}
