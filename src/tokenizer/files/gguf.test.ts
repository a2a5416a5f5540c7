import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { GgufValue } from "../../platform/gguf/types.js";
import { writeGguf } from "../../platform/gguf/write.js";
import { renderChat } from "../chat/renderChat.js";
import { regexPattern } from "../regex/pattern.js";
import type { Tokenizer } from "../tokenizer.js";
import { trainBpe } from "../training/trainBpe.js";
import { ggufTokenizer, readGgufTokenizer } from "./gguf.js";
import { GGUF_PRE_TOKENIZERS } from "./ggufPreTokenizers.js";
import { loadTokenizer } from "./load.js";
import { saveTokenizer } from "./save.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-gguf-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const shared = resolve(import.meta.dirname, "../../../../shared");
const vocabularies = join(shared, "data/tokenizer/ggml-vocab");
const llama = join(shared, "parity/quant/gguf-llama");

type Metadata = Record<string, GgufValue>;
const strings = (values: readonly string[]): GgufValue => ({ type: "array", of: "string", values });
const ints = (values: readonly number[]): GgufValue => ({ type: "array", of: "int32", values });
const text = (value: string): GgufValue => ({ type: "string", value });
const id = (value: number): GgufValue => ({ type: "uint32", value });
const read = (metadata: Metadata) => ggufTokenizer(new Map(Object.entries(metadata)), "model.gguf");

async function byteLevel(): Promise<{ tokenizer: Tokenizer; metadata: Metadata }> {
  const tokenizer = await trainBpe({
    documents: ["the cat sat on the mat, 12345 times ".repeat(9)],
    vocabSize: 275,
    pattern: "gpt2",
  });
  const { model } = tokenizer.definition as { model: { merges: [string, string][] } };
  const tokens = Array.from({ length: 275 }, (_, i) => tokenizer.idToToken(i)!);
  return {
    tokenizer,
    metadata: {
      "tokenizer.ggml.model": text("gpt2"),
      "tokenizer.ggml.pre": text("gpt-2"),
      "tokenizer.ggml.tokens": strings(tokens),
      "tokenizer.ggml.token_type": ints(tokens.map((_, i) => (i === 0 ? 3 : 1))),
      "tokenizer.ggml.merges": strings(model.merges.map((pair) => pair.join(" "))),
      "tokenizer.ggml.bos_token_id": id(0),
      "tokenizer.ggml.eos_token_id": id(0),
      "tokenizer.ggml.padding_token_id": id(2 ** 32 - 1),
      "tokenizer.chat_template": text("{{ bos_token }}{{ messages[0].content }}"),
    },
  };
}

describe("a tokenizer inside GGUF", () => {
  it("is the one that was put there: ids, roles, template", async () => {
    const { tokenizer, metadata } = await byteLevel();
    const file = join(folder, "model.gguf");
    writeGguf(file, Object.entries(metadata));
    const found = loadTokenizer(file);
    const sentence = "the cat's mat — 漢字 😀 12345";
    expect([...found.encode(sentence)]).toEqual([...tokenizer.encode(sentence)]);
    expect([found.bosId, found.eosId, found.padId]).toEqual([0, 0, undefined]);
    expect([...found.encoding("the").ids]).toEqual([...tokenizer.encode("the")]);
    const { ids } = renderChat([{ role: "user", content: "the cat" }], { tokenizer: found });
    expect([...ids]).toEqual([0, ...tokenizer.encode("the cat")]);
    const asked = read({ ...metadata, "tokenizer.ggml.add_bos_token": { type: "bool", value: true } });
    expect([...asked.encoding("the").ids]).toEqual([0, ...tokenizer.encode("the")]);
  });

  it("refuses a vocabulary that makes no sense, by name", async () => {
    const { metadata } = await byteLevel();
    const tokens = (metadata["tokenizer.ggml.tokens"] as unknown as { values: string[] }).values;
    const without = (key: string) => Object.fromEntries(Object.entries(metadata).filter(([k]) => k !== key));
    const wrong: [string, Metadata][] = [
      ["tokenizer-missing", without("tokenizer.ggml.model")],
      ["tokenizer-missing", without("tokenizer.ggml.tokens")],
      ["tokenizer-missing", { ...metadata, "tokenizer.ggml.tokens": strings([]) }],
      ["unsupported-model", { ...metadata, "tokenizer.ggml.model": text("rwkv") }],
      ["unsupported-pre-tokenizer", { ...metadata, "tokenizer.ggml.pre": text("tomorrow") }],
      ["malformed-tokenizer", without("tokenizer.ggml.merges")],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.pre": id(1) }],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.tokens": ints([1]) }],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.token_type": ints([1, 1]) }],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.token_type": ints(tokens.map(() => 9)) }],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.bos_token_id": id(275) }],
      ["malformed-tokenizer", { ...metadata, "tokenizer.ggml.add_bos_token": id(1) }],
      ["malformed-merge", { ...metadata, "tokenizer.ggml.merges": strings(["t"]) }],
      ["duplicate-token", { ...metadata, "tokenizer.ggml.tokens": strings([...tokens.slice(0, 274), "!"]) }],
    ];
    for (const [code, bad] of wrong)
      expect(() => read(bad), code).toThrow(expect.objectContaining({ code }) as Error);
    const noSuch = { ...metadata, "tokenizer.ggml.merges": strings(["the cat"]) };
    expect(() => read(noSuch)).toThrow(/the/);
  });

  it("knows patterns for its names", () => {
    expect(GGUF_PRE_TOKENIZERS.size).toBeGreaterThan(40);
    for (const [name, { patterns }] of GGUF_PRE_TOKENIZERS)
      for (const pattern of patterns) {
        const matches = regexPattern(pattern, { file: name, at: "" }).matches(
          "Der 1234. Test's, がな!\n\n ok",
        );
        expect(matches.length, `${name} ${pattern}`).toBeGreaterThan(0);
      }
  });

  it("reads BERT's words, which are marked at their beginning", () => {
    const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁the", "▁cat", "s", "▁sat"];
    const tokenizer = read({
      "tokenizer.ggml.model": text("bert"),
      "tokenizer.ggml.tokens": strings(words),
      "tokenizer.ggml.token_type": ints([3, 3, 3, 3, 1, 1, 1, 1]),
      "tokenizer.ggml.unknown_token_id": id(1),
    });
    expect([...tokenizer.encoding("The cats sat").ids]).toEqual([2, 4, 5, 6, 7, 3]);
    expect(tokenizer.decode([4, 5, 6])).toBe("the cats");
  });

  it("reads T5's pieces", () => {
    const pieces = ["<pad>", "</s>", "<unk>", "▁the", "▁", "c", "at", "▁cat"];
    const tokenizer = read({
      "tokenizer.ggml.model": text("t5"),
      "tokenizer.ggml.tokens": strings(pieces),
      "tokenizer.ggml.token_type": ints([3, 3, 2, 1, 1, 1, 1, 1]),
      "tokenizer.ggml.scores": { type: "array", of: "float32", values: [0, 0, 0, -1, -3, -4, -4, -2] },
      "tokenizer.ggml.remove_extra_whitespaces": { type: "bool", value: true },
    });
    expect([...tokenizer.encode(" the  cat")]).toEqual([3, 7]);
    expect([...tokenizer.encoding("the cat").ids]).toEqual([3, 7, 1]);
    expect([tokenizer.eosId, tokenizer.padId, tokenizer.unkId]).toEqual([1, 0, 2]);
  });
});

describe.skipIf(!existsSync(vocabularies))("llama.cpp's vocabularies (needs ../shared/data)", () => {
  it.each(["gpt-2", "llama-spm"])("%s: its 47 vectors, and again after saving", (name) => {
    const tokenizer = readGgufTokenizer(join(vocabularies, `${name}.gguf`));
    const lines = readFileSync(join(vocabularies, `${name}.gguf.out`), "utf8").split("\n");
    const texts = readFileSync(join(vocabularies, `${name}.gguf.inp`), "utf8")
      .split("\n__ggml_vocab_test__\n")
      .slice(0, 47);
    expect(texts.length).toBe(47);
    saveTokenizer(tokenizer, join(folder, name));
    const saved = loadTokenizer(join(folder, name));
    texts.forEach((input, i) => {
      const expected = lines[i]!.trim();
      expect([...tokenizer.encode(input)].join(" "), JSON.stringify(input)).toBe(expected);
      expect([...saved.encode(input)].join(" "), `saved: ${JSON.stringify(input)}`).toBe(expected);
    });
  });
});

describe.skipIf(!existsSync(llama))("a model's GGUF and its folder (needs ../shared/parity)", () => {
  it("have the same tokenizer", () => {
    const [gguf, hf] = [readGgufTokenizer(join(llama, "tiny-f16.gguf")), loadTokenizer(join(llama, "hf"))];
    expect(gguf.vocabSize).toBe(hf.vocabSize);
    for (let i = 0; i < hf.vocabSize; i++) expect(gguf.idToToken(i)).toBe(hf.idToToken(i));
    const sentence = "Once upon a time, a little girl named Lily — 42 stones.";
    expect([...gguf.encoding(sentence).ids]).toEqual([...hf.encoding(sentence).ids]);
  });
});
