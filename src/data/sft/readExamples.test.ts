import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type ReadExamplesOptions, readExamples } from "./readExamples.js";

const root = mkdtempSync(join(tmpdir(), "cygnet-sft-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
/** A file of this text, in a folder of its own. */
function file(name: string, text: string | Uint8Array): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const read = (path: string, options?: ReadExamplesOptions) =>
  [...readExamples(path, options)].map(({ place, ...example }) => example);
const rows = (...values: object[]) => read(file("d.jsonl", lines(...values)));

const user = { role: "user", content: "Hi" };
const assistant = { role: "assistant", content: "Hello" };

describe("conversations", () => {
  it("come as OpenAI writes them, calls of tools with arguments as objects", () => {
    const call = { id: "1", type: "function", function: { name: "f", arguments: '{"a": 1}' } };
    const tools = [{ type: "function", function: { name: "f" } }];
    const [example] = rows({
      messages: [user, { role: "assistant", content: null, tool_calls: [call] }],
      tools,
    });
    expect(example).toEqual({
      kind: "chat",
      messages: [
        user,
        {
          role: "assistant",
          content: "",
          tool_calls: [{ ...call, function: { name: "f", arguments: { a: 1 } } }],
        },
      ],
      tools,
    });
  });

  it("come as ShareGPT writes them, calls being turns of their own", () => {
    const [example] = rows({
      conversations: [
        { from: "human", value: "Hi" },
        { from: "function_call", value: '{"name": "f", "arguments": {"a": 1}}' },
        { from: "observation", value: "7" },
        { from: "gpt", value: "Hello" },
      ],
      system: "Be brief.",
      tools: '[{"name": "f"}]',
    });
    expect(example).toEqual({
      kind: "chat",
      messages: [
        { role: "system", content: "Be brief." },
        user,
        {
          role: "assistant",
          content: "",
          tool_calls: [{ type: "function", function: { name: "f", arguments: { a: 1 } } }],
        },
        { role: "tool", content: "7" },
        assistant,
      ],
      tools: [{ name: "f" }],
    });
  });

  it("come as Alpaca's and Dolly's instructions", () => {
    const expected = (question: string) => ({
      kind: "chat",
      messages: [{ role: "user", content: question }, assistant],
    });
    expect(
      rows(
        { instruction: "Greet", input: "Ann", output: "Hello" },
        { instruction: "Greet", input: "", output: "Hello" },
      ),
    ).toEqual([expected("Greet\n\nAnn"), expected("Greet")]);
    expect(rows({ instruction: "Greet", context: "Ann", response: "Hello", category: "x" })).toEqual([
      expected("Greet\n\nAnn"),
    ]);
    expect(
      rows({ instruction: "More", output: "Hello", history: [["Hi", "Hello"]], system: "S" })[0],
    ).toMatchObject({ messages: [{ content: "S" }, user, assistant, { content: "More" }, assistant] });
  });

  it("come as prompt and completion, of texts or of messages", () => {
    expect(rows({ prompt: "a", completion: "b" })).toEqual([
      { kind: "completion", prompt: "a", completion: "b" },
    ]);
    expect(rows({ prompt: "a", response: "b" })).toHaveLength(1);
    expect(rows({ prompt: [user], completion: [assistant] })).toEqual([
      { kind: "chat-completion", prompt: [user], completion: [assistant] },
    ]);
  });

  it.each([
    [
      { messages: [{ content: "x", role: 7 }] },
      /messages\[0\]: cannot be used; found .*, expected a message with a role/,
    ],
    [{ messages: [user, { role: "assistant" }] }, /messages\[1\]\.content: cannot be used/],
    [
      { messages: [{ ...assistant, tool_calls: [{ function: { name: "f", arguments: "{a" } }] }] },
      /messages\[0\]: calls a tool with arguments that are not JSON; found "\{a"/,
    ],
    [
      { conversations: [{ from: "humn", value: "x" }] },
      /line 1, conversations\[0\]\.from: is nobody .* Did you mean "human"\?/,
    ],
    [{ conversations: [{ from: "human", value: 3 }] }, /conversations\[0\]\.value: cannot be used; found 3/],
    [{ messages: [user], tools: "[" }, /tools: is not valid JSON/],
    [{ instruction: "x", output: 3 }, /d\.jsonl: line 1, output: cannot be used; found 3, expected a text/],
  ])("%j is refused", (row, message) => {
    expect(() => rows(row)).toThrow(message);
  });
});

describe("labels, words and spans", () => {
  it("are told by names of columns, in tables and JSON", () => {
    const expected = [
      { kind: "label", text: "Buy, now", labels: ["spam"] },
      { kind: "label", text: "Hi", labels: ["ham"] },
    ];
    expect(read(file("d.csv", 'text,category\n"Buy, now",spam\nHi,ham\n'))).toEqual(expected);
    expect(rows({ text: "Buy, now", label: "spam" }, { text: "Hi", label: "ham" })).toEqual(expected);
    expect(rows({ sentence: "a", label: 1 }, { sentence: "b", label: true })).toEqual([
      { kind: "label", text: "a", labels: ["1"] },
      { kind: "label", text: "b", labels: ["true"] },
    ]);
    expect(rows({ sentence1: "a", sentence2: "b", label: "x" })[0]).toMatchObject({ text: "a", pair: "b" });
  });

  it("are several in a list, or in a cell that a separator parts", () => {
    const labelsOf = (examples: object[]) => examples.map((e) => ("labels" in e ? e.labels : undefined));
    expect(labelsOf(rows({ text: "a", label: ["x", "y", "x"] }, { text: "b", label: [] }))).toEqual([
      ["x", "y"],
      [],
    ]);
    const path = file("d.csv", "text,label\na,x|y\nb,\n");
    expect(labelsOf(read(path, { labelSeparator: "|" }))).toEqual([["x", "y"], []]);
    expect(() => read(path)).toThrow(/line 3, label: cannot be used; found "", expected a label/);
  });

  it("are told in a table without names by which column has few values", () => {
    const table = Array.from({ length: 10 }, (_, i) => `${i % 2 ? "ham" : "spam"}\ttext ${i}`).join("\n");
    expect(read(file("d.tsv", table))[1]).toEqual({ kind: "label", text: "text 1", labels: ["ham"] });
    const swapped = Array.from({ length: 10 }, (_, i) => `text ${i}\t${i % 2}`).join("\n");
    expect(read(file("d.tsv", swapped))[1]).toEqual({ kind: "label", text: "text 1", labels: ["1"] });
    expect(() => read(file("d.tsv", "a\tb\nc\td"))).toThrow(/format known here; found \["1", "2"\]/);
    expect(read(file("d.tsv", "a\tb\nc\td"), { columns: { text: "2", label: "1" } })).toHaveLength(2);
  });

  it("are columns asked for by name", () => {
    const path = file("d.csv", "mail,kind\nBuy,spam\n");
    expect(read(path, { columns: { text: "mail", label: "kind" } })).toHaveLength(1);
    expect(() => read(path, { columns: { text: "mial", label: "kind" } })).toThrow(
      /line 2: has no column "mial" for the text; found \["mail", "kind"\]\. Did you mean "mail"\?/,
    );
    expect(() => read(path, { columns: { txt: "mail" } })).toThrow(
      /columns: no format has such columns; found "txt".* Did you mean "text"\?/,
    );
  });

  it("come as words in any scheme, out in IOB2", () => {
    const expected = [{ kind: "words", words: ["Ann", "Lee", "sat"], tags: ["B-PER", "I-PER", "O"] }];
    expect(read(file("d.conll", "Ann I-PER\nLee I-PER\nsat O\n"))).toEqual(expected);
    expect(read(file("d.conll", "Ann B-PER\nLee E-PER\nsat O\n"))).toEqual(expected);
    expect(rows({ tokens: ["Ann", "Lee", "sat"], ner_tags: ["B-PER", "I-PER", "O"] })).toEqual(expected);
    const numbered = file("d.jsonl", lines({ tokens: ["Ann", "Lee", "sat"], ner_tags: [1, 2, 0] }));
    expect(read(numbered, { tagNames: ["O", "B-PER", "I-PER"] })).toEqual(expected);
    expect(() => read(numbered)).toThrow(/tags\[0\]: cannot be used; found 1, expected .* tagNames/);
    expect(() => rows({ tokens: ["a"], tags: [] })).toThrow(
      /tags: are not as many as the words; found 0, expected 1/,
    );
    expect(() => rows({ tokens: ["a", " "], tags: ["O", "O"] })).toThrow(/words\[1\]/);
  });

  it("come as spans", () => {
    const expected = [{ kind: "spans", text: "😀 Ann sat", spans: [{ type: "PER", start: 3, end: 6 }] }];
    expect(rows({ text: "😀 Ann sat", spans: [{ start: 2, end: 5, label: "PER" }] })).toEqual(expected);
    expect(rows({ text: "😀 Ann sat", label: [[2, 5, "PER"]] })).toEqual(expected);
  });
});

describe("files", () => {
  it("say where each example stands, and of which format they are", () => {
    const path = file("d.jsonl", `\n${lines({ text: "a" }, { text: " " }, { text: "b" })}`);
    const reader = readExamples(path);
    expect([...reader].map((e) => e.place.line)).toEqual([2, 4]);
    expect(reader.statistics).toEqual({
      files: 1,
      examples: 2,
      empty: 1,
      emptyFirst: [`${path}:3`],
      formats: { [path]: "text" },
    });
    // Again, from the beginning.
    expect([...reader]).toHaveLength(2);
    expect(reader.statistics.examples).toBe(2);
  });

  it("may be compressed, and documents plain", () => {
    expect(read(file("d.jsonl.gz", gzipSync(lines({ text: "a" }))))).toHaveLength(1);
    expect(read(file("d.txt", "a\n<|endoftext|>\nb"))).toEqual([
      { kind: "text", text: "a" },
      { kind: "text", text: "b" },
    ]);
  });

  it("hold one format each; several files may differ", () => {
    expect(() => rows({ messages: [user, assistant] }, { instruction: "a", output: "b" })).toThrow(
      /d\.jsonl: line 2: is of another format than the rows before it; found "instruction and output \(alpaca\)", expected messages/,
    );
    expect(() => rows({ text: "a", label: "x" }, { text: "b" })).toThrow(/line 2: is of another format/);
    expect(() => rows({ prompt: "a", completion: "b" }, { prompt: "c" })).toThrow(
      /line 2: lacks what the rows before it have; found \["prompt"\]/,
    );
    const folder = join(root, "several");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.json"), JSON.stringify([{ instruction: "a", output: "b" }]));
    writeFileSync(join(folder, "b.jsonl"), lines({ messages: [user, assistant] }));
    expect(read(folder)).toHaveLength(2);
  });

  it("are refused where they may be read in several ways, until one is named", () => {
    const both = { instruction: "a", output: "b", messages: [user, assistant] };
    expect(() => rows(both)).toThrow(/line 1: may be read in several ways; found \["messages", "alpaca"\]/);
    expect(read(file("d.jsonl", lines(both)), { formats: ["alpaca"] })).toHaveLength(1);
    expect(() => rows({ foo: "a" })).toThrow(
      /of no format known here; found \["foo"\].*text and label \(labels\)/,
    );
  });

  it("are refused where they hold nothing, or what is no text", () => {
    expect(() => rows({ text: "" }, { text: " " })).toThrow(
      /holds no example; found "2 rows with nothing in them/,
    );
    expect(() => read(file("d.jsonl", new Uint8Array([0x7b, 0xff, 0x7d])))).toThrow(
      /byte 1: is not valid UTF-8/,
    );
    expect(() => read(file("d.xlsx", "x"))).toThrow(
      /expected \.jsonl, \.json, \.csv, \.tsv, \.conll, \.txt, \.md/,
    );
    expect(() => read(join(root, "nowhere.jsonl"))).toThrow(/nowhere\.jsonl: does not exist/);
  });
});
