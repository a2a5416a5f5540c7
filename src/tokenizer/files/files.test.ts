import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Tokenizer as Peer } from "@huggingface/tokenizers";
import { afterAll, describe, expect, it } from "vitest";
import type { Tokenizer } from "../tokenizer.js";
import { trainBpe } from "../training/trainBpe.js";
import { trainCharacters } from "../training/trainCharacters.js";
import { readLlama2cTokenizer } from "./llama2c.js";
import { loadTokenizer } from "./load.js";
import { saveTokenizer } from "./save.js";

const shared = resolve(import.meta.dirname, "../../../../shared");
const folder = mkdtempSync(join(tmpdir(), "cygnet-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const text = "Once upon a time, there wasn't a naïve 漢字 fox 😀\n\n  It's 12345 o'clock…\t\u0085end";
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
const peer = () => new Peer(read("tokenizer.json") as object, read("tokenizer_config.json") as object);

describe.each(["gpt2", "gpt4"] as const)("a saved %s tokenizer", (pattern) => {
  it("loads equal to what was saved, here and in Hugging Face's JavaScript library", async () => {
    const documents = [text, text.toUpperCase(), "the end of the story"];
    const trained = await trainBpe({ documents, vocabSize: 280, pattern });
    saveTokenizer(trained, folder);
    const loaded = loadTokenizer(folder);
    expect([...loaded.encode(text)]).toEqual([...trained.encode(text)]);
    expect(loaded.eosId).toBe(trained.eosId);
    expect(loaded.definition).toEqual(JSON.parse(JSON.stringify(trained.definition)));
    const plain = text.replace("\u0085", ""); // JavaScript's \s lacks U+0085, so the peer errs there
    expect(peer().encode(plain).ids).toEqual([...loaded.encode(plain)]);
    expect(peer().decode([...loaded.encode(text)])).toBe(text);
    expect(peer().encode("a<|endoftext|>").ids).toEqual([
      ...loaded.encode("a<|endoftext|>", { special: "all" }),
    ]);
  });
});

describe("a saved character tokenizer", () => {
  it("loads equal to what was saved, here and in Hugging Face's JavaScript library", async () => {
    const trained = await trainCharacters({ documents: [text] });
    saveTokenizer(trained, folder);
    const loaded = loadTokenizer(join(folder, "tokenizer.json"));
    const ids = [...loaded.encode(text)];
    expect(ids).toEqual([...trained.encode(text)]);
    expect(ids.length).toBe([...text].length);
    expect(loaded.decode(ids)).toBe(text);
    expect(peer().encode(text).ids).toEqual(ids);
    expect(peer().decode(ids)).toBe(text);
  });

  it("refuses a character it never saw, with its place", async () => {
    const tokenizer = await trainCharacters({ documents: ["abc\n"], specialTokens: ["<s>"] });
    expect(tokenizer.tokenToId("<s>")).toBe(0);
    expect(() => tokenizer.encode("ab\ncx")).toThrow(/line 2, column 2.*x \(U\+0078\)/);
  });
});

const weights = join(shared, "data/weights/tok512.bin");
describe.skipIf(!existsSync(weights))("llama2.c's tok512.bin (needs ../shared/data)", () => {
  it("encodes and decodes as llama2.c does", () => {
    const tokenizer = readLlama2cTokenizer(weights, 512);
    const ids = tokenizer.encode("Once upon a time, there was a little girl");
    expect([tokenizer.bosId, tokenizer.eosId]).toEqual([1, 2]);
    expect(tokenizer.decode(ids)).toBe(" Once upon a time, there was a little girl");
    expect(tokenizer.decode([1, ...ids], { skipSpecialTokens: true })).toBe(
      "Once upon a time, there was a little girl",
    );
    expect(tokenizer.decode(tokenizer.encode("é漢\n😀"))).toBe(" é漢\n😀");
    expect(ids.length).toBeLessThan(20);
  });

  it("refuses another size of vocabulary and a file cut short", () => {
    expect(() => readLlama2cTokenizer(weights, 500)).toThrow(/more tokens than the model/);
    expect(() => readLlama2cTokenizer(weights, 513)).toThrow(/the file ends before the vocabulary does/);
    const short = join(folder, "short.bin");
    writeFileSync(short, readFileSync(weights).subarray(0, 1000));
    expect(() => readLlama2cTokenizer(short, 512)).toThrow(/token \d+/);
  });
});

describe("malformed files", () => {
  type Json = { [key: string]: Json } & { model: { vocab: Record<string, unknown>; merges: unknown[] } };
  const refused = async (change: (json: Json) => void): Promise<string> => {
    const tokenizer: Tokenizer = await trainBpe({ documents: ["aa bb aa bb aa"], vocabSize: 259 });
    saveTokenizer(tokenizer, folder);
    const json = read("tokenizer.json") as Json;
    change(json);
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
    try {
      loadTokenizer(folder);
    } catch (error) {
      expect(error).toMatchObject({
        mark: "cygnet.UserError",
        detail: { file: join(folder, "tokenizer.json") },
      });
      return (error as Error).message;
    }
    return "was accepted";
  };
  const put = (at: string, value: unknown) => (json: Json) => {
    const keys = at.split(".");
    const last = keys.pop()!;
    let object: Record<string, unknown> = json;
    for (const key of keys) object = object[key] as Record<string, unknown>;
    object[last] = value;
  };

  it.each<[string, string, unknown, RegExp]>([
    ["no model", "model", undefined, /: model: .*found "?nothing"?, expected an object/],
    ["another model", "model.type", "SuperBPE", /model\.type: .*found "SuperBPE"/],
    ["a vocabulary that is an array", "model.vocab", [], /model\.vocab: .*expected an object/],
    ["an id that is no number", "model.vocab.a", "7", /model\.vocab\."a": is not a token id; found "7"/],
    ["an id twice", "model.vocab.zzz", 3, /has the id of another token/],
    [
      "a merge of a missing token",
      "model.merges",
      [["a", "zz"]],
      /model\.merges\[0\]: needs a token that the vocabulary lacks; found "zz"/,
    ],
    ["a merge of three", "model.merges", ["a b c"], /model\.merges\[0\]: is not a merge/],
    ["an unknown normaliser", "normalizer", { type: "Uppercase" }, /normalizer\.type: .*found "Uppercase"/],
    [
      "an unknown pre-tokenizer",
      "pre_tokenizer",
      { type: "Syllables" },
      /pre_tokenizer\.type: names no pre-tokenizer.*found "Syllables"/,
    ],
    [
      "a pattern that cannot be read",
      "pre_tokenizer.pretokenizers",
      [
        { type: "Split", pattern: { Regex: "(x+" }, behavior: "Isolated", invert: false },
        { type: "ByteLevel" },
      ],
      /pre_tokenizer\.pretokenizers\[0\]\.pattern\.Regex: .*unmatched parenthesis.*found "\(x\+"/,
    ],
    [
      "an unknown decoder",
      "decoder",
      { type: "Metaspaces" },
      /decoder\.type: .*found "Metaspaces".*Did you mean Metaspace\?/,
    ],
    [
      "an added token with another's id",
      "added_tokens",
      [{ id: 5, content: "<x>" }],
      /added_tokens\[0\]\.id: is the id of another token/,
    ],
  ])("%s", async (_, at, value, message) => {
    expect(await refused(put(at, value))).toMatch(message);
  });

  const bad = join(shared, "parity/tokenizers/bad/index.jsonl");
  it.skipIf(!existsSync(bad))(
    "refuses every bad file of ../shared/parity, each with an error a user can read",
    () => {
      const rows = readFileSync(bad, "utf8")
        .split("\n")
        .filter((line) => line !== "");
      const file = join(folder, "bad.json");
      for (const row of rows) {
        const {
          id,
          expect: wanted,
          content,
        } = JSON.parse(row) as { id: string; expect: string; content?: string };
        if (content === undefined || wanted !== "refuse") continue;
        writeFileSync(file, content);
        let thrown: unknown;
        try {
          loadTokenizer(file);
        } catch (error) {
          thrown = error;
        }
        expect(thrown, id).toMatchObject({ mark: "cygnet.UserError", detail: { file } });
      }
    },
  );

  it("a folder without a tokenizer, and JSON that is none", () => {
    expect(() => loadTokenizer(tmpdir())).toThrow(/the folder has no tokenizer/);
    writeFileSync(join(folder, "bad.json"), "{");
    expect(() => loadTokenizer(join(folder, "bad.json"))).toThrow(/is not valid JSON/);
  });
});
