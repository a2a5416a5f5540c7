import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Tokenizer } from "../tokenizer.js";
import { readGgufTokenizer } from "./gguf.js";
import { loadTokenizer } from "./load.js";
import { saveTokenizer } from "./save.js";
import { readTiktoken } from "./tiktoken.js";

const shared = resolve(import.meta.dirname, "../../../../shared");
const data = join(shared, "data");
const parity = join(shared, "parity/tokenizers/files");
const python = resolve(import.meta.dirname, "../../../bench/peers/.venv/bin/python");
const folder = mkdtempSync(join(tmpdir(), "cygnet-saved-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Source {
  readonly name: string;
  readonly load: () => Tokenizer;
  /** Texts of the fixture, whose ids are known to be right. */
  readonly texts: readonly string[];
}

const lines = (file: string): { text?: string }[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { text?: string });

function tiktoken(name: string): Source {
  const json = JSON.parse(readFileSync(join(parity, name, "case.json"), "utf8")) as {
    pat_str: string;
    special_tokens: Record<string, number>;
  };
  const options = { pattern: json.pat_str, specialTokens: json.special_tokens };
  return {
    name,
    load: () => readTiktoken(join(parity, name, "ranks.tiktoken"), options),
    texts: lines(join(parity, name, "vectors.jsonl")).map(({ text }) => text!),
  };
}

function sentencePiece(name: string): Source {
  return {
    name,
    load: () => loadTokenizer(join(parity, name, "tokenizer.model")),
    texts: lines(join(parity, name, "vectors.jsonl")).map(({ text }) => text!),
  };
}

const SPM = [
  "spm-bpe-llama",
  "spm-bpe-plain",
  "spm-char",
  "spm-unigram-byte-fallback",
  "spm-unigram-default",
  "spm-unigram-no-prefix",
];
/** Of the fixtures' 170 texts, made to be difficult, those that the saved form may cut otherwise: marks in an odd order,
 *  loose jamo, user's symbols beside spaces, spellings of byte tokens. */
const RARE: Readonly<Record<string, number>> = {
  "spm-bpe-plain": 6,
  "spm-unigram-byte-fallback": 5,
  "spm-unigram-default": 3,
  "spm-unigram-no-prefix": 3,
};
const there = existsSync(parity) && existsSync(data);
const sources: Source[] = there
  ? [
      ...SPM.map(sentencePiece),
      ...["tiktoken-cl100k", "tiktoken-gpt2"].map(tiktoken),
      {
        name: "llama2.model",
        load: () => loadTokenizer(join(data, "tokenizer/llama2_tokenizer.model")),
        texts: [],
      },
      {
        name: "sp_test.model",
        load: () => loadTokenizer(join(data, "tokenizer/sp_test_model.model")),
        texts: [],
      },
      {
        name: "gpt2",
        load: () => readGgufTokenizer(join(data, "tokenizer/ggml-vocab/gpt-2.gguf")),
        texts: [],
      },
      {
        name: "llama-spm",
        load: () => readGgufTokenizer(join(data, "tokenizer/ggml-vocab/llama-spm.gguf")),
        texts: [],
      },
    ]
  : [];

/** Lines of published text: English stories, a novel, code. */
function realTexts(): string[] {
  const stories = readFileSync(join(data, "demo/tinystories_valid.txt"), "utf8").slice(0, 20_000).split("\n");
  const novel = readFileSync(join(data, "tokenizer/sp_botchan.txt"), "utf8").slice(0, 20_000).split("\n");
  const code = readFileSync(join(data, "code/mbpp_release_v1.jsonl"), "utf8").slice(0, 20_000).split("\n");
  return [...stories, ...novel, ...code].filter((text) => text.trim() !== "");
}

describe.skipIf(!there)("a vocabulary of another format, saved as tokenizer.json (needs ../shared)", () => {
  it.each(sources)("$name: the saved file gives the same ids", ({ name, load, texts }) => {
    const tokenizer = load();
    saveTokenizer(tokenizer, join(folder, name));
    const saved = loadTokenizer(join(folder, name));
    expect(saved.vocabSize).toBe(tokenizer.vocabSize);
    expect([saved.bosId, saved.eosId, saved.unkId]).toEqual([
      tokenizer.bosId,
      tokenizer.eosId,
      tokenizer.unkId,
    ]);
    const same = (text: string) => String(saved.encode(text)) === String(tokenizer.encode(text));
    const differing = (of: readonly string[]) =>
      of.filter((text) => !same(text)).map((text) => text.slice(0, 60));
    expect(differing(realTexts())).toEqual([]);
    const rare = differing(texts);
    expect(rare.length, JSON.stringify(rare)).toBeLessThanOrEqual(RARE[name] ?? 0);
  });

  it.skipIf(process.env.CYGNET_FULL === undefined || !existsSync(python))(
    "Hugging Face's library reads them to the same ids (needs CYGNET_FULL and bench/peers/.venv)",
    () => {
      const texts = realTexts();
      const input = join(folder, "texts.json");
      const script = [
        "import json, sys",
        "from tokenizers import Tokenizer",
        "texts = json.load(open(sys.argv[2], encoding='utf-8'))",
        "t = Tokenizer.from_file(sys.argv[1])",
        "print(json.dumps([t.encode(x, add_special_tokens=False).ids for x in texts]))",
      ].join("\n");
      for (const { name, load, texts: own } of sources) {
        const tokenizer = load();
        const special = [...tokenizer.specialTokens.keys()];
        const all = [...texts, ...own].filter((text) => special.every((s) => !text.includes(s)));
        writeFileSync(input, JSON.stringify(all));
        saveTokenizer(tokenizer, join(folder, name));
        const ran = spawnSync(python, ["-c", script, join(folder, name, "tokenizer.json"), input], {
          encoding: "utf8",
          maxBuffer: 1 << 28,
        });
        expect(ran.status, ran.stderr).toBe(0);
        const ids = JSON.parse(ran.stdout) as number[][];
        const differing = all.flatMap((text, i) =>
          String(tokenizer.encode(text)) === String(ids[i]) ? [] : [text.slice(0, 60)],
        );
        const told = `${name}: ${JSON.stringify(differing)}`;
        expect(
          differing.filter((text) => texts.some((real) => real.startsWith(text))),
          told,
        ).toEqual([]);
        expect(differing.length, told).toBeLessThanOrEqual(RARE[name] ?? 0);
      }
    },
  );
});
