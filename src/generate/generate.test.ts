import { afterAll, describe, expect, it } from "vitest";
import { createModel } from "../models/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { Engine } from "../tensor/index.js";
import { type Tokenizer, trainBpe } from "../tokenizer/index.js";
import { generate, generateBatch, streamGenerate } from "./generate.js";

const text = "Ein Schwan – näher als gedacht – schläft 🦢 am Ufer; die Wölfin 🐺 schaut zu. ";
const tokenizer: Tokenizer = await trainBpe({ documents: [text.repeat(3)], vocabSize: 300 });
const engine = new Engine({ backend: createReferenceBackend() });
const model = createModel({
  engine,
  seed: 11,
  config: {
    model_type: "gpt2",
    vocab_size: tokenizer.vocabSize,
    n_positions: 48,
    n_embd: 16,
    n_layer: 1,
    n_head: 2,
    initializer_range: 0.5,
    eos_token_id: null,
    bos_token_id: null,
  },
});
afterAll(() => engine.dispose());

const options = { maxTokens: 30, seed: 5, eosTokenIds: [] } as const;

async function collected(prompt: string, given: Parameters<typeof streamGenerate>[3]) {
  const pieces: string[] = [];
  const stream = streamGenerate(model, tokenizer, prompt, given);
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { pieces, whole: value };
    pieces.push(value);
  }
}

describe("generate", () => {
  it("gives the same text for the same seed, alone or in company, streamed or not", async () => {
    const alone = await generate(model, tokenizer, "Ein Schwan", options);
    expect(alone.ids).toHaveLength(30);
    expect(alone.finishReason).toBe("length");
    expect(alone.text).toBe(tokenizer.decode(alone.ids));
    const streamed = await collected("Ein Schwan", options);
    expect(streamed.whole).toEqual(alone);
    expect(streamed.pieces.join("")).toBe(alone.text);
    const [a, b, c] = await generateBatch(
      model,
      tokenizer,
      ["am Ufer und weiter", "Ein Schwan", "E"],
      [{ ...options, maxTokens: 3 }, options, { ...options, temperature: 0, topK: 3 }],
    );
    expect(b).toEqual(alone);
    expect(a!.ids).toHaveLength(3);
    expect(c).toEqual(await generate(model, tokenizer, "E", { ...options, temperature: 0 }));
  });

  it("gives other texts for another seed and for another sample", async () => {
    const texts = await generateBatch(model, tokenizer, ["Ein", "Ein"], options);
    const other = await generate(model, tokenizer, "Ein", { ...options, seed: 6 });
    expect(new Set([...texts, other].map((g) => g.text)).size).toBe(3);
    expect(texts[1]).toEqual(await generate(model, tokenizer, "Ein", { ...options, sample: 1 }));
  });

  it("names the seed it drew, with which the text comes again", async () => {
    const { seed: _, ...unseeded } = options;
    const first = await generate(model, tokenizer, "Ein", unseeded);
    expect(await generate(model, tokenizer, "Ein", { ...options, seed: first.seed })).toEqual(first);
  });

  it("never shows half a character", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { pieces, whole } = await collected("am", { ...options, seed, topK: 200 });
      expect(pieces.join("")).toBe(whole.text);
      for (const piece of pieces) {
        expect(piece).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/);
        expect(piece).not.toBe("");
      }
      expect(whole.text).toBe(tokenizer.decode(whole.ids));
    }
  });

  it("ends before a stop string and at an end token", async () => {
    const free = await generate(model, tokenizer, "Ein Schwan", options);
    const middle = free.text.slice(4, 7);
    const stopped = await generate(model, tokenizer, "Ein Schwan", {
      ...options,
      stop: ["not there", middle],
    });
    expect(stopped.text).toBe(free.text.slice(0, free.text.indexOf(middle)));
    expect([stopped.finishReason, stopped.stoppedBy]).toEqual(["stop", middle]);
    const end = free.ids[8]!;
    const ended = await generate(model, tokenizer, "Ein Schwan", { ...options, eosTokenIds: [end] });
    const first = free.ids.indexOf(end);
    expect([...ended.ids]).toEqual([...free.ids.slice(0, first + 1)]);
    expect(ended.text).toBe(tokenizer.decode(free.ids.slice(0, first)));
    expect([ended.finishReason, ended.stoppedBy]).toEqual(["stop", end]);
  });

  it("stops at the end of the context, and says so", async () => {
    const { ids, finishReason, promptTokens } = await generate(model, undefined, [1, 2, 3], {
      ...options,
      maxTokens: 500,
    });
    expect([ids.length, finishReason, promptTokens]).toEqual([45, "length", 3]);
    // In company of a longer prompt, too.
    const [, short] = await generateBatch(model, undefined, [new Array(40).fill(1), [1, 2, 3]], {
      ...options,
      maxTokens: 500,
    });
    expect(short!.ids).toHaveLength(45);
  });

  it("gives log-probabilities of the model itself", async () => {
    const { ids, logprobs } = await generate(model, undefined, [4, 2], {
      ...options,
      maxTokens: 4,
      temperature: 0,
      logprobs: 3,
    });
    expect(logprobs!.map((l) => l.id)).toEqual([...ids]);
    for (const { id, logprob, top } of logprobs!) {
      expect(top).toHaveLength(3);
      expect(top[0]).toEqual({ id, logprob });
      expect(logprob).toBeLessThan(0);
    }
  });

  it("stops when aborted and releases what it held", async () => {
    const before = engine.backend.memory().bytes;
    const stop = new AbortController();
    const stream = streamGenerate(model, tokenizer, "Ein", { ...options, signal: stop.signal });
    await stream.next();
    stop.abort();
    await expect(stream.next()).rejects.toThrow(/abort/i);
    const left = streamGenerate(model, tokenizer, "Ein", options);
    await left.next();
    await left.return(undefined as never);
    expect(engine.backend.memory().bytes).toBe(before);
  });

  it("refuses what makes no sense", async () => {
    await expect(generate(model, tokenizer, "E", { temperature: -1 })).rejects.toThrow(
      /temperature.*found -1, expected a number from 0 on/,
    );
    await expect(generate(model, tokenizer, "E", { topP: 0 })).rejects.toThrow(/topP/);
    await expect(generate(model, tokenizer, "E", { maxTokens: 0 })).rejects.toThrow(/maxTokens/);
    await expect(generate(model, tokenizer, "", {})).rejects.toThrow(/nothing to continue/);
    await expect(generate(model, undefined, "E", {})).rejects.toThrow(/tokenizer/);
    await expect(generate(model, undefined, new Array(48).fill(1), {})).rejects.toThrow(/48 tokens/);
    await expect(
      generate(model, undefined, [1], { suppressTokens: [...new Array(tokenizer.vocabSize).keys()] }),
    ).rejects.toThrow(/forbid every token/);
  });
});
