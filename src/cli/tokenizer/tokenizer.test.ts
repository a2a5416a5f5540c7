import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTokenizer } from "../../tokenizer/index.js";
import { runProgram } from "../program.js";
import { tokenizerCommand } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-tokenizer-"));
const at = (name: string) => join(folder, name);
const colourBefore = { force: process.env.FORCE_COLOR, no: process.env.NO_COLOR };

async function cygnet(words: readonly string[], { input = "", terminal = false } = {}) {
  const text = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: terminal && key === "out",
    columns: 80,
    write(t: string) {
      text[key] += t;
    },
  });
  async function* pieces() {
    for (let i = 0; i < input.length; i += 3) yield input.slice(i, i + 3);
  }
  const code = await runProgram([tokenizerCommand], ["tokenizer", ...words], {
    version: "1",
    io: { out: to("out"), err: to("err"), interactive: false, input: pieces() },
  });
  return { code, ...text };
}

beforeAll(async () => {
  process.env.FORCE_COLOR = "0";
  delete process.env.NO_COLOR;
  mkdirSync(at("texts/deep"), { recursive: true });
  const story = (i: number) => `The fox ${i} met the hen by the river. "Hello!" said the fox.\n`;
  writeFileSync(at("texts/a.txt"), Array.from({ length: 300 }, (_, i) => story(i)).join("<|endoftext|>"));
  writeFileSync(
    at("texts/deep/b.jsonl"),
    Array.from({ length: 300 }, (_, i) => JSON.stringify({ content: story(i) })).join("\n"),
  );
  const trained = await cygnet([
    "train",
    at("texts/a.txt"),
    "--vocab-size",
    "300",
    "--workers",
    "1",
    "--out",
    at("bpe"),
  ]);
  expect([trained.code, trained.err]).toEqual([0, ""]);
}, 30_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const [key, value] of [
    ["FORCE_COLOR", colourBefore.force],
    ["NO_COLOR", colourBefore.no],
  ] as const)
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
});

describe("train", () => {
  test.each(["bpe", "byte-fallback", "wordpiece", "unigram", "wordlevel"])(
    "%s: a tokenizer that gives its text back, with its special tokens first",
    async (model) => {
      const out = at(`kinds/${model}`);
      const words = ["train", at("texts/deep/*.jsonl"), "--text-key", "content", "--model", model];
      const { code, out: text } = await cygnet([
        ...words,
        "--vocab-size",
        "320",
        "--workers",
        "1",
        "--out",
        out,
        "--json",
      ]);
      expect(code).toBe(0);
      const summary = JSON.parse(text);
      expect(summary).toMatchObject({ documents: 300, measured_on: "held-out" });
      expect(summary.bytes_per_token).toBeGreaterThan(1);
      expect(summary.unknown).toBeLessThan(model === "wordlevel" ? 0.1 : 0.001);
      const tokenizer = loadTokenizer(out);
      const shown = tokenizer.decode(tokenizer.encode("The fox met the hen"));
      expect(shown).toBe(
        { wordpiece: "the fox met the hen", wordlevel: "The fox met the hen" }[model] ??
          "The fox met the hen",
      );
      expect(Math.min(...tokenizer.specialTokens.values())).toBe(0);
    },
    20_000,
  );

  test("takes the same documents with threads, and further special tokens behind the kind's", async () => {
    const words = [
      "train",
      at("texts/*.txt"),
      at("texts/deep"),
      "--text-key",
      "content",
      "--vocab-size",
      "310",
      "--special-tokens",
      "<a>",
      "<b>",
    ];
    for (const workers of ["1", "2"])
      expect((await cygnet([...words, "--workers", workers, "--out", at(`w${workers}`)])).code).toBe(0);
    const [one, two] = [1, 2].map((n) => readFileSync(at(`w${n}/tokenizer.json`), "utf8"));
    expect(one).toBe(two);
    expect([...loadTokenizer(at("w1")).specialTokens]).toEqual([
      ["<|endoftext|>", 0],
      ["<a>", 1],
      ["<b>", 2],
    ]);
  }, 20_000);

  test.each([
    [["no-such.txt"], 1, /no-such\.txt: does not exist/],
    [[at("texts/*.md")], 1, /fits no file/],
    [[at("texts/deep")], 1, /has no key "text".*"content"/],
    [[at("texts/a.txt"), "--model", "gpt"], 2, /--model.*expected one of bpe, byte-fallback/],
    [
      [at("texts/a.txt"), "--model", "unigram", "--pre-tokenizer", "gpt4"],
      2,
      /--pre-tokenizer.*does not go with --model unigram/,
    ],
    [[at("texts/a.txt"), "--vocab-size", "256"], 2, /--vocab-size.*expected at least 257/],
    [[at("texts/a.txt"), "--vocab-sise", "256"], 2, /--vocab-size/],
  ])("%j is told in a line", async (words, code, message) => {
    const result = await cygnet(["train", ...words, "--out", at("none")]);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
    expect(existsSync(at("none"))).toBe(false);
  });

  test("does not replace a tokenizer unasked", async () => {
    const words = ["train", at("texts/a.txt"), "--vocab-size", "280", "--workers", "1", "--out", at("bpe")];
    const before = readFileSync(at("bpe/tokenizer.json"), "utf8");
    expect((await cygnet(words)).err).toMatch(/is there already.*--force/);
    expect(readFileSync(at("bpe/tokenizer.json"), "utf8")).toBe(before);
  });
});

describe("encode and decode", () => {
  test("are each other's way back, from a text, a file and standard input in pieces", async () => {
    const text = "The fox said: 猫 \n\t\0 é";
    writeFileSync(at("text.txt"), text);
    const ids = [...loadTokenizer(at("bpe")).encode(text)].join(" ");
    expect((await cygnet(["encode", at("bpe"), text])).out).toBe(`${ids}\n`);
    expect((await cygnet(["encode", at("bpe"), "--file", at("text.txt")])).out).toBe(`${ids}\n`);
    expect((await cygnet(["encode", at("bpe")], { input: text })).out).toBe(`${ids}\n`);
    expect((await cygnet(["decode", at("bpe"), ...ids.split(" ")])).out).toBe(text);
    expect((await cygnet(["decode", at("bpe")], { input: `[${ids.replaceAll(" ", ", ")}]\n` })).out).toBe(
      text,
    );
    expect(JSON.parse((await cygnet(["decode", at("bpe"), ids, "--json"])).out).text).toBe(text);
  });

  test("JSON has ids, tokens and offsets; lines are texts; special tokens only where asked", async () => {
    const { ids, tokens, offsets } = JSON.parse(
      (await cygnet(["encode", at("bpe"), "the fox", "--json"])).out,
    );
    expect(tokens.join("")).toBe("theĠfox");
    expect([ids.length, offsets.at(-1)[1]]).toEqual([tokens.length, 7]);
    const lines = await cygnet(["encode", at("bpe"), "--lines", "--count"], { input: "the fox\r\n\na" });
    expect(lines.out).toBe(`${ids.length}\n0\n1\n`);
    expect((await cygnet(["encode", at("bpe"), "<|endoftext|>", "--special"])).out).toBe("0\n");
    expect((await cygnet(["encode", at("bpe"), "<|endoftext|>"])).out).not.toBe("0\n");
  });

  test.each([
    [["decode", at("bpe"), "12", "x3"], 2, /is no id; found "x3"/],
    [["decode", at("bpe"), "99999"], 1, /99999/],
    [["encode", at("bpe"), "text", "--file", "f"], 2, /a text and a file/],
    [["encode", at("nowhere"), "text"], 1, /nowhere/],
    [["encode"], 2, /tokenizer/],
    [["encod", "x"], 2, /encode/],
    [[], 2, /train/],
  ])("%j is told in a line", async (words, code, message) => {
    const result = await cygnet(words);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
  });
});

describe("inspect", () => {
  test("parts tokens by bars where there is no colour, by colours on a terminal, never with NO_COLOR", async () => {
    const plain = await cygnet(["inspect", at("bpe"), "the fox\n猫"]);
    expect(plain.out).toMatch(/^\|the\|·fox\|⏎\|\n\|‹E7›\|‹8C›\|‹AB›\|\n\n\d tokens/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    const escapes = /\x1b\[/;
    expect(plain.out).not.toMatch(escapes);
    expect((await cygnet(["inspect", at("bpe"), "the fox"], { terminal: true })).out).toMatch(escapes);
    process.env.NO_COLOR = "1";
    expect((await cygnet(["inspect", at("bpe"), "the fox"], { terminal: true })).out).not.toMatch(escapes);
    delete process.env.NO_COLOR;
  });

  test("shows of a conversation what would be trained", async () => {
    const template =
      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|endoftext|>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
    const chat = {
      messages: [
        { role: "user", content: "the" },
        { role: "assistant", content: "fox" },
      ],
    };
    writeFileSync(at("chat.jsonl"), `${JSON.stringify(chat)}\n`);
    const words = ["inspect", at("bpe"), "--chat", at("chat.jsonl"), "--template", template];
    const { out, err, code } = await cygnet(words);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/\|the\|.*\[<\|endoftext\|>\]/);
    const tokens = JSON.parse((await cygnet([...words, "--json"])).out).tokens as {
      trained: boolean;
      start: number;
      kind: string;
    }[];
    const begin = "<user>the<assistant>".length;
    expect(tokens.every((token) => token.trained === token.start >= begin)).toBe(true);
    expect(tokens.at(-1)!.kind).toBe("special");
  });

  test("without a text: the vocabulary", async () => {
    const facts = JSON.parse(
      (await cygnet(["inspect", at("bpe"), "--unused", at("texts/a.txt"), "--json"])).out,
    );
    expect(facts).toMatchObject({
      model: "BPE",
      size: 300,
      merges: 43,
      holes: 0,
      special: [{ id: 0, token: "<|endoftext|>", roles: ["bos", "eos"] }],
      unreachable: { count: 0 },
    });
    expect(facts.partial).toBe(128);
    expect(facts.unused.count).toBeGreaterThan(128);
    expect((await cygnet(["inspect", at("bpe")])).out).toMatch(/longest token.*\n.*·river/);
  });

  test.each([
    [["inspect", at("bpe"), "x", "--chat", "y"], 2, /more than one/],
    [["inspect", at("bpe"), "--chat", at("texts/a.txt")], 1, /not valid JSON/],
    [["inspect", at("bpe"), "--chat", at("texts/deep/b.jsonl")], 1, /line 1: is no conversation/],
  ])("%j is told in a line", async (words, code, message) => {
    const result = await cygnet(words);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
  });
});

describe("compare", () => {
  test("bytes a token by kind, as a table and as JSON", async () => {
    const words = [
      "compare",
      at("bpe"),
      at("kinds/wordlevel"),
      "--text",
      `prose=${at("texts/a.txt")}`,
      at("texts/a.txt"),
    ];
    const { out } = await cygnet(words);
    expect(out).toMatch(/^bytes a token +ids +prose +a\.txt .*MB\/s\n/);
    const rows = (await cygnet([...words, "--json"])).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.vocabSize)).toEqual([300, rows[1].vocabSize]);
    const text = readFileSync(at("texts/a.txt"), "utf8").replaceAll(/\n(<\|endoftext\|>|$)/g, "");
    expect(rows[0].kinds.prose.bytes).toBe(Buffer.byteLength(text));
    expect(rows[0].kinds.prose).toEqual(rows[0].kinds["a.txt"]);
    const own = await cygnet(["compare", at("bpe"), at("kinds/wordlevel")]);
    expect(own.out).toMatch(/English +code +Chinese/);
    expect(own.out).toMatch(/100\.0 % \(Chinese\)/);
  });

  test("two kinds of one name are refused", async () => {
    const text = at("texts/a.txt");
    expect((await cygnet(["compare", at("bpe"), "--text", text, text])).err).toMatch(
      /two kinds have one name/,
    );
  });
});
