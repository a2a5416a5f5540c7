import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { GPT2_PATTERN, GPT4_PATTERN } from "../pretokenizers/patterns.js";
import { BYTE_TO_CODE_POINT } from "../text/byteAlphabet.js";
import { chooseAlphabet } from "./alphabet.js";
import { learnMerges } from "./bpeMerges.js";
import { createDocumentCounter } from "./counters.js";
import { trainBpe } from "./trainBpe.js";
import { createWordMap } from "./wordMap.js";
import { byteWordCounts, type WordCounts } from "./words.js";

const shared = resolve(import.meta.dirname, "../../../../shared");
const cases = join(shared, "parity/tokenizers/train");

interface TrainCase {
  corpus: string;
  feed: "lines" | "lines_keepends" | "paragraphs" | "whole";
  trainer: {
    vocab_size: number;
    min_frequency?: number;
    special_tokens?: string[];
    initial_alphabet?: string[];
    limit_alphabet?: number;
    max_token_length?: number;
  };
  pre_tokenizer: { type: string; pretokenizers?: Array<{ pattern: { Regex: string } }> };
  expected:
    | string
    | { vocab_sha256: string; merges_sha256: string; first_merges: string[]; last_merges: string[] };
}

function documentsOf(text: string, feed: TrainCase["feed"]): string[] {
  if (feed === "lines") return text.split("\n");
  if (feed === "lines_keepends") return text.split(/(?<=\n)/);
  return feed === "paragraphs" ? text.split("\n\n") : [text];
}

function countWhitespaceWords(documents: string[]): WordCounts {
  const counts = new Map<string, number>();
  for (const document of documents)
    for (const word of document.split(/\p{White_Space}+/u))
      if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1);
  const letters = [...counts.keys()].map((word) => Array.from(word, (c) => c.codePointAt(0)!));
  const starts = new Int32Array(letters.length + 1);
  letters.forEach((word, w) => {
    starts[w + 1] = starts[w]! + word.length;
  });
  return { letters: Int32Array.from(letters.flat()), starts, counts: Float64Array.from(counts.values()) };
}

async function countWords(test: TrainCase, documents: string[]): Promise<WordCounts> {
  const pre = test.pre_tokenizer;
  if (pre.type === "WhitespaceSplit") return countWhitespaceWords(documents);
  const regex = pre.type === "Sequence" ? pre.pretokenizers![0]!.pattern.Regex : GPT2_PATTERN;
  expect([GPT2_PATTERN, GPT4_PATTERN]).toContain(regex);
  const map = createWordMap(2 ** 30, () => {});
  const count = await createDocumentCounter(
    { kind: "pattern", pattern: regex === GPT4_PATTERN ? "gpt4" : "gpt2" },
    map,
  );
  for (const document of documents) count(document);
  return byteWordCounts(map.take(), BYTE_TO_CODE_POINT);
}

async function train(name: string) {
  const test = JSON.parse(readFileSync(join(cases, name, "case.json"), "utf8")) as TrainCase;
  const file = test.corpus.startsWith("shared/")
    ? join(shared, test.corpus.slice(7))
    : join(cases, name, test.corpus);
  const words = await countWords(test, documentsOf(readFileSync(file, "utf8"), test.feed));
  const { trainer } = test;
  const alphabet = chooseAlphabet(words, {
    specialTokens: trainer.special_tokens ?? [],
    initialAlphabet: trainer.initial_alphabet ?? [],
    limitAlphabet: trainer.limit_alphabet,
  });
  const merges = await learnMerges(words, alphabet, {
    vocabSize: trainer.vocab_size,
    minFrequency: trainer.min_frequency ?? 0,
    maxTokenLength: trainer.max_token_length,
  });
  const { tokens } = alphabet;
  return { test, tokens, merges: merges.map(([a, b]) => [tokens[a]!, tokens[b]!]) };
}

const EXACT = [
  "bpe-gpt2",
  "bpe-split",
  "bpe-limit-alphabet",
  "bpe-max-token-length",
  "bpe-min-frequency",
  "tie-bpe-exact-size",
  "tie-bpe-initial",
  "tie-bpe-limit",
  "tie-bpe-maxlen",
  "tie-bpe-pairs",
  "tie-bpe-runs",
  "tie-bpe-sametoken",
  "tie-bpe-small-size",
  "tie-bpe-specials",
  "tie-bpe-stop",
  "tie-bpe-unicode",
];

describe.skipIf(!existsSync(cases))("learning merges (needs ../shared/parity)", () => {
  it.each(EXACT)("gives the library's vocabulary and merges: %s", async (name) => {
    const { test, tokens, merges } = await train(name);
    const { model } = JSON.parse(readFileSync(join(cases, name, test.expected as string), "utf8")) as {
      model: { vocab: Record<string, number>; merges: [string, string][] };
    };
    expect(merges).toEqual(model.merges);
    expect(Object.fromEntries(tokens.map((token, id) => [token, id]))).toEqual(model.vocab);
  });

  it("gives the library's 8,192 tokens of TinyStories", async () => {
    const { test, tokens, merges } = await train("bpe-large-recipe");
    const expected = test.expected as Exclude<TrainCase["expected"], string>;
    const lines = merges.map(([a, b]) => `${a} ${b}`);
    expect(tokens.length).toBe(8192);
    expect(lines.slice(0, 20)).toEqual(expected.first_merges);
    expect(lines.slice(-20)).toEqual(expected.last_merges);
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    expect([hash(lines.join("\n")), hash(`${lines.join("\n")}\n`)]).toContain(expected.merges_sha256);
  });
});

describe("trainBpe", () => {
  const documents = ["the cat sat on the mat\n", "the other cat sat there, 12345 times…"];

  it("gives the special tokens the first ids and the bytes the next", async () => {
    const tokenizer = await trainBpe({
      documents,
      vocabSize: 262,
      specialTokens: ["<|endoftext|>", "<|pad|>"],
    });
    expect(tokenizer.vocabSize).toBe(262);
    expect(tokenizer.idToToken(0)).toBe("<|endoftext|>");
    expect(tokenizer.eosId).toBe(0);
    expect(tokenizer.tokenToId("<|pad|>")).toBe(1);
    expect(tokenizer.idToToken(2)).toBe("!");
  });

  it("reads an asynchronous stream to the same tokenizer", async () => {
    async function* stream() {
      yield* documents;
    }
    const a = await trainBpe({ documents, vocabSize: 265 });
    const b = await trainBpe({ documents: stream(), vocabSize: 265 });
    expect(b.definition).toEqual(a.definition);
  });

  it("refuses a vocabulary that the corpus cannot give, or shrinks it when asked", async () => {
    const asked = { documents, vocabSize: 5000 };
    const error = await trainBpe(asked).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "vocabulary-too-large", detail: { found: 5000 } });
    const smaller = await trainBpe({ ...asked, ifCorpusTooSmall: "shrink" });
    expect((error as Error).message).toContain(`at most ${smaller.vocabSize}`);
    expect(smaller.vocabSize).toBeGreaterThan(260);
  });

  it("refuses a vocabulary without room for the bytes", async () => {
    await expect(trainBpe({ documents, vocabSize: 256 })).rejects.toMatchObject({
      code: "vocabulary-too-small",
    });
    await expect(trainBpe({ documents, vocabSize: 300.5 })).rejects.toMatchObject({
      code: "vocabulary-too-small",
    });
  });

  it("tells how far it is", async () => {
    const phases = new Set<string>();
    await trainBpe({ documents, vocabSize: 265, onProgress: (progress) => phases.add(progress.phase) });
    expect([...phases]).toEqual(["count", "merge"]);
  });
});
