import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createEncoder, type EncoderHead, saveModel } from "../models/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { Engine } from "../tensor/index.js";
import { loadEmbedder } from "./embedder.js";
import { loadMaskFiller } from "./fillMask.js";

const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "fox", "owl", "and", "sleep", "##s", "."];
const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: words.slice(0, 5).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

const engine = new Engine({ backend: createReferenceBackend() });
const root = mkdtempSync(join(tmpdir(), "cygnet-embed-"));
afterAll(() => rmSync(root, { recursive: true }));

function folderWith(head: EncoderHead, files: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(root, "m-"));
  const config = {
    model_type: "bert",
    vocab_size: words.length,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 12,
    max_position_embeddings: 16,
    initializer_range: 0.4,
  };
  saveModel(createEncoder({ config, engine, seed: 5, head }), folder);
  mkdirSync(join(folder, "1_Pooling"));
  for (const [name, value] of Object.entries({ "tokenizer.json": tokenizer, ...files }))
    writeFileSync(join(folder, name), JSON.stringify(value));
  return folder;
}

const modules = (...kinds: string[]) =>
  kinds.map((kind, idx) => ({
    idx,
    path: kind === "Pooling" ? "1_Pooling" : "",
    type: `sentence_transformers.models.${kind}`,
  }));
const texts = ["The fox.", "", "the owl and the fox sleeps and sleeps and sleeps", "owls sleep"];
const far = (a: Float32Array, b: Float32Array) => a.reduce((w, x, i) => Math.max(w, Math.abs(x - b[i]!)), 0);

describe("an embedder", () => {
  it("gives each text the vector it has alone, in their order, however it pools", async () => {
    const embedder = loadEmbedder(folderWith("masked"), { engine });
    expect([...embedder.tokenize("The foxs")]).toEqual([2, 5, 6, 10, 3]);
    for (const pooling of ["mean", "cls", "last"] as const) {
      const together = await embedder.embed(texts, { pooling });
      for (const [i, text] of texts.entries())
        expect(far(together[i]!, (await embedder.embed([text], { pooling }))[0]!)).toBeLessThan(1e-5);
      expect(far(together[0]!, together[2]!)).toBeGreaterThan(0.01);
    }
    expect(await embedder.embed([])).toEqual([]);
  });

  it("does as sentence-transformers' files say, and as a call says before that", async () => {
    const folder = folderWith("none", {
      "modules.json": modules("Transformer", "Pooling", "Normalize"),
      "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
      "sentence_bert_config.json": { max_seq_length: 5, do_lower_case: false },
    });
    const embedder = loadEmbedder(folder, { engine });
    expect(embedder.defaults).toEqual({ pooling: "cls", normalize: true, maxTokens: 5, lowerCase: false });
    expect([...embedder.tokenize(texts[2]!)]).toEqual([2, 5, 7, 8, 3]);
    const [vector] = await embedder.embed([texts[2]!]);
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
    const [plain] = await embedder.embed([texts[2]!], { normalize: false });
    expect(Math.hypot(...plain!)).not.toBeCloseTo(1, 2);
    const [long] = await embedder.embed([texts[2]!], { maxTokens: 16 });
    expect(far(vector!, long!)).toBeGreaterThan(1e-3);
  });

  it("refuses modules and poolings that are not here", () => {
    const dense = folderWith("none", { "modules.json": modules("Transformer", "Pooling", "Dense") });
    expect(() => loadEmbedder(dense, { engine })).toThrow(/modules\.json.*"Dense"/);
    const max = folderWith("none", { "1_Pooling/config.json": { pooling_mode_max_tokens: true } });
    expect(() => loadEmbedder(max, { engine })).toThrow(/pooling_mode_max_tokens/);
  });
});

describe("a mask filler", () => {
  it("ranks tokens for each mask", () => {
    const filler = loadMaskFiller(folderWith("masked"), { engine });
    const [first, second] = filler.fillMask("the [MASK] and the [MASK].", { top: words.length });
    expect(first!.map((f) => f.id).sort((a, b) => a - b)).toEqual(words.map((_, i) => i));
    expect(first!.reduce((s, f) => s + f.probability, 0)).toBeCloseTo(1, 5);
    for (let i = 1; i < first!.length; i++)
      expect(first![i]!.probability).toBeLessThanOrEqual(first![i - 1]!.probability);
    const owl = second!.find((f) => f.token === "owl")!;
    expect(owl.text.replaceAll(" ", "")).toBe("the[MASK]andtheowl.");
    expect(filler.fillMask("the [MASK]")[0]).toHaveLength(5);
  });

  it("refuses a text without a mask, and models without a head for words", () => {
    const filler = loadMaskFiller(folderWith("masked"), { engine });
    expect(() => filler.fillMask("the fox")).toThrow(/no mask/);
    expect(() => loadMaskFiller(folderWith("sequence"), { engine })).toThrow(/"sequence"/);
  });
});
