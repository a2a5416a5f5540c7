import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readGpt2Files } from "./files/gpt2.js";
import { tokenizerFromJson } from "./files/tokenizerJson.js";

const shared = resolve(import.meta.dirname, "../../../shared");
const data = join(shared, "data/tokenizer");
const parity = join(shared, "parity/tokenizers");
const rows = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
interface Row {
  id: string;
  text: string;
  ids: number[];
  decoded: string;
  decoded_skip?: string;
  error?: string;
}

describe.skipIf(!existsSync(data))("GPT-2's published vocabulary (needs ../shared/data)", () => {
  const tokenizer = readGpt2Files(join(data, "gpt2_encoder.json"), join(data, "gpt2_vocab.bpe"));
  const texts = readFileSync(join(data, "ggml-vocab/gpt-2.gguf.inp"), "utf8").split(
    "\n__ggml_vocab_test__\n",
  );
  const lines = readFileSync(join(data, "ggml-vocab/gpt-2.gguf.out"), "utf8").split("\n");

  it("encodes llama.cpp's 47 vectors", () => {
    const vectors = texts.filter((_, i) => i < lines.length);
    const got = vectors.map((text) => [...tokenizer.encode(text)].join(" "));
    expect(got).toEqual(lines.slice(0, vectors.length).map((line) => line.trim()));
    expect(vectors.length).toBe(47);
  });

  it("has the known ids and roles", () => {
    expect([...tokenizer.encode("Hello world")]).toEqual([15496, 995]);
    expect(tokenizer.vocabSize).toBe(50257);
    expect(tokenizer.eosId).toBe(50256);
    expect([...tokenizer.encode("<|endoftext|>")]).not.toEqual([50256]);
    expect([...tokenizer.encode("a<|endoftext|>b", { special: "all" })]).toEqual([64, 50256, 65]);
  });
});

describe.skipIf(!existsSync(parity)).each(["gpt2", "cl100k", "llama3"])(
  "vectors of encode/%s (needs ../shared/parity)",
  (name) => {
    const folder = join(parity, "encode", name);
    const tokenizer = existsSync(parity)
      ? tokenizerFromJson(JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")))
      : undefined!;

    it("gives the library's ids and text", () => {
      const bos = name === "llama3" ? [tokenizer.tokenToId("<|begin_of_text|>")!] : [];
      for (const row of rows(join(folder, "vectors.jsonl"))) {
        const ids = [...bos, ...tokenizer.encode(row.text, { special: "all" })];
        expect(ids, row.id).toEqual(row.ids);
        expect(tokenizer.decode(row.ids), row.id).toBe(row.decoded);
        expect(tokenizer.decode(row.ids, { skipSpecialTokens: true }), row.id).toBe(
          row.decoded_skip ?? row.decoded,
        );
        const stream = tokenizer.streamDecoder();
        expect(row.ids.map((id) => stream.push(id)).join("") + stream.end(), row.id).toBe(row.decoded);
      }
    });
  },
);
