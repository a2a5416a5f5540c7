import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type ReadOptions, readDocuments } from "./documents.js";
import { sourcesKey } from "./sources.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const texts = (path: string | string[], options?: ReadOptions) =>
  [...readDocuments(path, options)].map((d) => d.text);

describe("readDocuments", () => {
  it("keeps a file without separators to the letter, less its byte-order mark", () => {
    expect(texts(file("whole.txt", "\ufeff  One.\r\n\r\n\r\nTwo.\rThree.\n"))).toEqual([
      "  One.\n\n\nTwo.\nThree.\n",
    ]);
    expect(texts(file("whole.txt", "a\r\nb"), { newlines: "keep" })).toEqual(["a\r\nb"]);
  });

  it("cuts .txt at end-of-text, alone on a line or between texts, but not .md", () => {
    const text =
      "<|endoftext|>One.\nMore.\n<|endoftext|>\nTwo.<|endoftext|>Three.\n<|endoftext|>\n\n<|endoftext|>\n";
    const reader = readDocuments(file("cut.txt", text));
    expect([...reader].map((d) => [d.text, d.source.line])).toEqual([
      ["One.\nMore.", 1],
      ["Two.", 4],
      ["Three.", 4],
    ]);
    expect(new Set([...reader].map((d) => d.id)).size).toBe(2); // two documents that begin on line 4
    expect(texts(file("note.md", "About <|endoftext|> in GPT-2.\n"))).toEqual([
      "About <|endoftext|> in GPT-2.\n",
    ]);
    expect(texts(file("blank.txt", "One\n\n\nTwo\n\nstill two\n\n\n"), { separator: "\n\n\n" })).toEqual([
      "One",
      "Two\n\nstill two",
    ]);
    expect(texts(join(folder, "cut.txt"), { separator: null })).toEqual([text]);
  });

  it("finds separators and characters that lie across the chunks that a file is read in", () => {
    const documents = Array.from({ length: 400 }, (_, i) => `${i} ${"é𝄞x".repeat(1000 + i)}`);
    expect(texts(file("large.txt", documents.join("\n<|endoftext|>\n")))).toEqual(documents);
    expect(texts(file("large.txt.gz", gzipSync(documents.join("<|endoftext|>"))))).toEqual(documents);
  });

  it("reads JSON lines, plain and compressed, with statistics", () => {
    const lines =
      '{"id": "a", "text": "Æther 𝄞"}\n\n{"text": "x\\r\\ny", "n": 1}\nnonsense\n[1]\n{"text": 3}\n{"text": " "}\n{"text":"\\ud800!"}';
    for (const path of [file("a.jsonl", lines), file("b.jsonl.gz", gzipSync(lines))]) {
      const reader = readDocuments(path);
      expect([...reader].map((d) => [d.id, d.text, d.source.line])).toEqual([
        ["a", "Æther 𝄞", 1],
        [`${path.slice(folder.length + 1)}:3`, "x\ny", 3],
        [`${path.slice(folder.length + 1)}:8`, "\ufffd!", 8],
      ]);
      expect(reader.statistics).toEqual({
        files: 1,
        documents: 3,
        bytes: 11 + 3 + 4,
        characters: 7 + 3 + 2,
        invalidBytes: 1,
        skipped: {
          "does not parse as JSON": 1,
          "is JSON, but no object": 1,
          "its text is no string": 1,
          "blank text": 1,
        },
        skippedFirst: [
          `${path}:4: does not parse as JSON`,
          `${path}:5: is JSON, but no object`,
          `${path}:6: its text is no string`,
          `${path}:7: blank text`,
        ],
      });
      expect(() => texts(path, { strict: true })).toThrow(/line 4: does not parse/);
    }
    expect(texts(file("c.jsonl", '{"story": "s"}'), { textKey: "story" })).toEqual(["s"]);
    expect(() => texts(join(folder, "c.jsonl"))).toThrow(
      /c\.jsonl: line 1: has no key "text"; found \["story"\].*perhaps "story"/,
    );
  });

  it("counts invalid UTF-8 or refuses it, and does not count a genuine U+FFFD", () => {
    const bytes = Buffer.concat([
      Buffer.from("ok \ufffd é"),
      Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82]),
      Buffer.from("."),
      Buffer.from([0xe2]),
    ]);
    const path = file("bad.txt", bytes);
    const reader = readDocuments(path);
    expect([...reader][0]!.text).toBe("ok \ufffd é\ufffd\ufffd(\ufffd.\ufffd");
    expect(reader.statistics.invalidBytes).toBe(5);
    expect(() => texts(path, { strict: true })).toThrow(/bad\.txt: byte 9: is not valid UTF-8/);
  });

  it("walks folders in order, once, past what is no text", () => {
    file("tree/b.txt", "b");
    file("tree/a/z.md", "z");
    file("tree/a/c.jsonl", '{"text":"c"}');
    file("tree/picture.png", "x");
    file("tree/empty.txt", "");
    file("tree/.hidden.txt", "h");
    symlinkSync(join(folder, "tree"), join(folder, "tree/a/loop"));
    const reader = readDocuments([join(folder, "tree"), join(folder, "tree/b.txt")]);
    expect([...reader].map((d) => d.text)).toEqual(["c", "z", "b"]);
    expect(reader.statistics.skipped).toEqual({ "unknown kind of file": 1, empty: 1 });
    const key = sourcesKey(reader.files);
    file("tree/b.txt", "B");
    expect(sourcesKey(readDocuments(join(folder, "tree")).files)).not.toBe(key);
  });

  it.each([
    ["a missing file", () => join(folder, "nowhere.txt"), "file-missing", /nowhere\.txt: does not exist/],
    ["an empty file", () => file("e.txt", ""), "file-empty", /is empty/],
    ["white space alone", () => file("w.txt", " \n"), "no-documents", /white space/],
    ["NUL bytes", () => file("n.txt", "text\0text"), "file-binary", /not text; found "NUL bytes"/],
    ["a late NUL byte", () => file("n2.txt", `${"text".repeat(5000)}\0`), "file-binary", /byte 20000/],
    ["a PDF", () => file("p.txt", "%PDF-1.7 x"), "file-binary", /a PDF/],
    ["UTF-16", () => file("u.txt", Buffer.from("\ufefftext", "utf16le")), "file-not-utf8", /UTF-16/],
    ["gzip by another name", () => file("g.txt", gzipSync("x")), "file-binary", /a gzip file/],
    ["text named .gz", () => file("t.txt.gz", "plain"), "gzip-invalid", /not a gzip file/],
    ["an archive inside gzip", () => file("z.txt.gz", gzipSync("PK\u0003\u0004")), "file-binary", /ZIP/],
    ["an unknown kind", () => file("d.csv", "a,b"), "unknown-format", /\.txt, \.md, \.jsonl/],
    [
      "a folder without text",
      () => join(file("f/x.bin", "x"), ".."),
      "no-documents",
      /x\.bin \(unknown kind/,
    ],
  ])("refuses %s", (_, path, code, message) => {
    const read = () => texts(path());
    expect(read).toThrow(expect.objectContaining({ code }));
    expect(read).toThrow(message);
  });
});

const stories = "../shared/data/demo/tinystories_train.txt";
describe.skipIf(!existsSync(stories))("TinyStories (../shared/data/demo)", () => {
  it("is 3842 documents", () => {
    const reader = readDocuments(stories);
    expect([...reader].length).toBe(3842);
    expect(reader.statistics).toMatchObject({ documents: 3842, invalidBytes: 0, skipped: {} });
  });
});
