import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModel, loadModel, saveModel } from "../models/index.js";
import { createEngine } from "../tensor/device.js";
import { saveTokenizer, trainBpe } from "../tokenizer/index.js";
import { convertModel } from "./convert.js";
import { loadGenerator } from "./loadGenerator.js";

const root = mkdtempSync(join(tmpdir(), "cygnet-convert-"));
afterAll(() => rmSync(root, { recursive: true }));
const folder = join(root, "run", "model");
const file = join(root, "run.gguf");

beforeAll(async () => {
  const tokenizer = await trainBpe({ documents: ["the cat sat on the mat, hello there"], vocabSize: 258 });
  const engine = createEngine({ device: "reference" });
  const config = {
    model_type: "llama",
    vocab_size: 258,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 32,
    initializer_range: 0.3,
    bos_token_id: 0,
    eos_token_id: 0,
  };
  saveModel(createModel({ engine, seed: 1, config }), folder, { lineage: { data: "cats" } });
  saveTokenizer(tokenizer, folder);
  engine.dispose();
});

const load = (place: string) => loadGenerator(place, { device: "reference" });

describe("convertModel", () => {
  it("makes a GGUF file that writes what the folder writes, and a folder of that again", async () => {
    convertModel({ from: join(root, "run"), to: "gguf", out: file, dtype: "f32" });
    const back = join(root, "back");
    convertModel({ from: file, to: "hf", out: back });
    const texts = [];
    for (const place of [join(root, "run"), file, back]) {
      const generator = load(place);
      expect(generator.defaults.prefixTokenId, place).toBe(0);
      expect(generator.defaults.eosTokenIds, place).toEqual([0]);
      texts.push(await generator.generate("the cat", { maxTokens: 12, temperature: 0 }));
      generator.dispose();
    }
    expect(texts[0]!.ids.length).toBeGreaterThan(0);
    expect(texts[1]).toEqual({ ...texts[0], seed: texts[1]!.seed });
    expect(texts[2]).toEqual({ ...texts[0], seed: texts[2]!.seed });
  });

  it("makes a smaller folder, with where the model came from", () => {
    const out = join(root, "small");
    convertModel({ from: folder, to: "hf", out, dtype: "bf16" });
    expect(JSON.parse(readFileSync(join(out, "cygnet.json"), "utf8"))).toEqual({ data: "cats" });
    const engine = createEngine({ device: "reference" });
    const model = loadModel(out, { engine });
    expect(model.config.dtype).toBe("bfloat16");
    engine.dispose();
  });

  it("says what cannot be", () => {
    const out = join(root, "never");
    mkdirSync(join(root, "folder"));
    const wrong: [Parameters<typeof convertModel>[0], RegExp][] = [
      [{ from: "hf:karpathy/tiny", to: "hf", out }, /is on the hub.*cygnet import hf:karpathy/s],
      [{ from: join(root, "nothing"), to: "hf", out }, /does not exist/],
      [{ from: folder, to: "hf", out, dtype: "q8_0" }, /dtype.*q8_0.*f32 or bf16/s],
      [{ from: folder, to: "gguf", out: join(root, "folder") }, /is a folder/],
      [{ from: folder, to: "hf", out: folder }, /is what is read/],
      [{ from: folder, to: "hf", out: join(folder, "config.json") }, /is a file/],
    ];
    for (const [options, message] of wrong) expect(() => convertModel(options)).toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});
