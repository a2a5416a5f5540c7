import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModel, saveModel } from "../models/index.js";
import { nativeAvailable } from "../tensor/backends/native/index.js";
import { createEngine } from "../tensor/device.js";
import { saveTokenizer, trainBpe } from "../tokenizer/index.js";
import { loadGenerator } from "./loadGenerator.js";

const weights = resolve(import.meta.dirname, "../../../shared/data/weights");
const STORY =
  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball.";

for (const device of ["reference", "native"] as const) {
  const there =
    existsSync(join(weights, "stories260K.bin")) && (device === "reference" || nativeAvailable().ok);
  describe.skipIf(!there)(`stories260K on ${device} (needs ../shared/data/weights)`, () => {
    it("tells the known story, alone and in a batch", async () => {
      const generator = loadGenerator(join(weights, "stories260K.bin"), { device });
      const options = { maxTokens: 60, temperature: 0 };
      const start = "Once upon a time";
      let text = start;
      for await (const piece of generator.stream(start, options)) text += piece;
      expect(text.slice(0, STORY.length)).toBe(STORY);
      const [, again] = await generator.generateBatch(["One day, a cat", start, "The"], options);
      expect(start + again!.text).toBe(text);
      const empty = await generator.generate("", options);
      expect(empty.text).toMatch(/^Once upon a time/);
      generator.dispose();
    });
  });
}

describe("loadGenerator", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cygnet-"));
    const tokenizer = await trainBpe({ documents: ["a b c a b c hello hello there"], vocabSize: 262 });
    const engine = createEngine({ device: "reference" });
    const config = {
      model_type: "gpt2",
      vocab_size: 262,
      n_positions: 32,
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      eos_token_id: 0,
      bos_token_id: 0,
    };
    const model = createModel({ engine, seed: 1, config });
    saveModel(model, join(folder, "model"), {
      generationConfig: { temperature: 0.5, top_k: 3 },
      lineage: {},
    });
    saveTokenizer(tokenizer, join(folder, "model"));
    engine.dispose();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const load = (place = folder) => loadGenerator(place, { device: "reference" });

  it("takes a run's folder or a model's, with the defaults of the model", async () => {
    const a = load();
    const b = load(join(folder, "model"));
    expect(a.place).toBe(b.place);
    expect(a.defaults).toEqual({ temperature: 0.5, topK: 3, eosTokenIds: [0], prefixTokenId: 0 });
    const options = { maxTokens: 8, seed: 3 };
    const text = await a.generate("a b", options);
    expect(text).toEqual(await b.generate("a b", { ...options, temperature: 0.5, topK: undefined }));
    expect(text.promptTokens).toBe(1 + a.tokenizer.encode("a b").length);
    expect(await a.generate("a b", { ...options, temperature: 0, repetitionPenalty: 1 })).toEqual(
      await a.generate("a b", { ...options, topK: 1 }),
    );
    a.dispose();
    b.dispose();
  });

  it("begins an empty prompt with the beginning of a text", async () => {
    const generator = load();
    expect((await generator.generate("", { maxTokens: 2, seed: 1 })).promptTokens).toBe(1);
    generator.dispose();
  });

  it("runs two streams at once without mixing them", async () => {
    const generator = load();
    const options = { maxTokens: 12, seed: 9, temperature: 2, topK: 0 };
    const alone = await generator.generate("hello", options);
    const one = generator.stream("hello", options);
    const two = generator.stream("there", options);
    let text = "";
    for (;;) {
      const [a] = [await one.next(), await two.next()];
      if (a.done) break;
      text += a.value;
    }
    expect(text).toBe(alone.text);
    await two.return(alone);
    generator.dispose();
  });

  it("says what is missing", () => {
    expect(() => load(join(folder, "nothing"))).toThrow(/does not exist/);
    const empty = join(folder, "empty");
    mkdirSync(empty);
    expect(() => load(empty)).toThrow(/holds no model/);
    writeFileSync(join(folder, "notes.txt"), "x");
    expect(() => load(join(folder, "notes.txt"))).toThrow(/is no model/);
  });
});
