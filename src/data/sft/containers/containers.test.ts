import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conllSentences } from "./conll.js";
import { delimitedCells } from "./delimited.js";
import { jsonLines } from "./jsonLines.js";
import { jsonValues } from "./jsonValues.js";
import { tableRows } from "./table.js";

/** A text in pieces of at most `size`. */
const pieces = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));

describe("JSON", () => {
  const read = (text: string, size = 1000) => [...jsonValues(pieces(text, size), "f.json")];

  it("comes as an array, as objects that follow each other, over any number of lines", () => {
    const expected = [
      { columns: { a: 1 }, line: 2 },
      { columns: { b: "]}" }, line: 3 },
    ];
    expect(read('[\n{"a": 1},\n{"b":\n"]}"}\n]\n')).toEqual(expected);
    expect(read('\n{"a": 1}\n{"b":\n"]}"}')).toEqual(expected);
    expect(read("[]")).toEqual([]);
  });

  it("is what JSON.parse makes of it, however the file is cut into chunks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 1, "\t"),
        (values, size, indent) => {
          const text = JSON.stringify(values, null, indent);
          expect(read(text, size).map((row) => row.columns)).toEqual(JSON.parse(text));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it.each([
    ['[{"a": 1}\n{"b": 2}]', /f\.json: line 1: is not valid JSON/],
    ['[{"a": 1},\n2]', /line 2: is JSON, but no object/],
    ['[{"a": 1}', /line 1: ends in the middle of a value/],
    ['[{"a": 1}]\nmore', /line 2: goes on behind the end of its array; found "m/],
    ['"text"', /line 1: holds no JSON objects/],
    ['{"a": "open', /line 1: ends in the middle/],
  ])("%j is refused by its line", (text, message) => {
    expect(() => read(text, 3)).toThrow(message);
  });

  it("comes as lines", () => {
    expect([...jsonLines(['{"a":1}\r\n\n{"b"', ":2}"], "f.jsonl")]).toEqual([
      { columns: { a: 1 }, line: 1 },
      { columns: { b: 2 }, line: 3 },
    ]);
    expect(() => [...jsonLines(['{"a":1}\n{oops}'], "f.jsonl")]).toThrow(
      /f\.jsonl: line 2: is not valid JSON/,
    );
    expect(() => [...jsonLines(["[1]"], "f.jsonl")]).toThrow(/line 1: is JSON, but no object/);
  });
});

describe("cells", () => {
  const read = (text: string, size = 1000, quotes = true) =>
    [...delimitedCells(pieces(text, size), "f.csv", { delimiter: ",", quotes })].map((r) => r.cells);

  it("may hold delimiters, line ends and marks, where they stand in marks", () => {
    const text = 'a,"b, c"\r\n"1\r\n2","say ""hi"""\r\n\r\n,x"y\r\n';
    const expected = [
      ["a", "b, c"],
      ["1\r\n2", 'say "hi"'],
      ["", 'x"y'],
    ];
    for (let size = 1; size < 8; size++) expect(read(text, size)).toEqual(expected);
    expect(read('"a",b', 1000, false)).toEqual([['"a"', "b"]]);
  });

  it("come back as they were written, however the file is cut", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "é", "😀", ",", '"', "\n", "\r", " ") });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell)),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        (rows, size, end) => {
          const quoted = (c: string) => `"${c.replaceAll('"', '""')}"`;
          const text = rows.map((row) => row.map(quoted).join(",") + end).join("");
          expect(read(text, size)).toEqual(rows);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it("are known by their line", () => {
    const lines = [...delimitedCells(['a\r\n"b\nc"\r\n\r\nd\r\n'], "f", { delimiter: ",", quotes: true })];
    expect(lines.map((row) => row.line)).toEqual([1, 2, 5]);
  });

  it("are refused where marks do not match", () => {
    expect(() => read('a,b\n"c,d\ne,f')).toThrow(
      /f\.csv: line 2: begins a cell with a quotation mark that nothing ends/,
    );
    expect(() => read('"a"b,c')).toThrow(/line 1: goes on behind the quotation mark/);
  });
});

describe("tables", () => {
  const names = new Set(["text", "label"]);
  const read = (text: string, options = {}, kind: "csv" | "tsv" = "csv") =>
    [...tableRows([text], "f.csv", kind, names, options)].map((row) => row.columns);

  it("take their names from a first line that has one known, else count", () => {
    expect(read("Text,other\na,b")).toEqual([{ Text: "a", other: "b" }]);
    expect(read("a,b\nc,d")).toEqual([
      { 1: "a", 2: "b" },
      { 1: "c", 2: "d" },
    ]);
    expect(read("a,b\nc,d", { header: true })).toEqual([{ a: "c", b: "d" }]);
    expect(read("text,b", { header: false })).toEqual([{ 1: "text", 2: "b" }]);
  });

  it("tell semicolons and tabs by the first line, and leave marks alone in TSV", () => {
    expect(read("text;label\na, b;c")).toEqual([{ text: "a, b", label: "c" }]);
    expect(read('text\tlabel\n"a\tb"', {}, "tsv")).toEqual([{ text: '"a', label: 'b"' }]);
    expect(read("text|label\na|b", { delimiter: "|" })).toEqual([{ text: "a", label: "b" }]);
  });

  it("are refused where a row has other cells than the first, or a name stands twice", () => {
    expect(() => read("text,label\na,b\nc")).toThrow(
      /line 3: has another number of cells.* found 1, expected 2 \(text, label\)/,
    );
    expect(() => read("text,text\na,b")).toThrow(/names a column twice; found "text"/);
    expect(() => read("a", { delimiter: "::" })).toThrow(/delimiter: cannot part cells; found "::"/);
  });
});

describe("CoNLL", () => {
  const read = (text: string, options = {}) => [...conllSentences([text], "f.conll", options)];

  it("holds sentences of words and tags, whatever lies between", () => {
    const expected = [
      { columns: { words: ["Ann", "#1"], tags: ["B-PER", "O"] }, line: 3 },
      { columns: { words: ["."], tags: ["O"] }, line: 6 },
    ];
    expect(read("-DOCSTART- -X- O O\n\nAnn NNP - B-PER\n#1 CD - O\n\n. . - O")).toEqual(expected);
    expect(read("\n\nAnn\tB-PER\r\n#1\tO\r\n\r\n.\tO\r\n")).toEqual(expected);
    expect(read("# id 7 domain=en\n# O").map((row) => row.columns.words)).toEqual([["#"]]);
  });

  it("has its columns where one says", () => {
    expect(read("1 Ann B-PER x\n2 is O y", { word: 2, tag: 3 })[0]!.columns).toEqual({
      words: ["Ann", "is"],
      tags: ["B-PER", "O"],
    });
  });

  it("is refused by the line", () => {
    expect(() => read("Ann O\nis")).toThrow(
      /f\.conll: line 2: has not the columns.* found \["is"\], expected 2 columns/,
    );
    expect(() => read("Ann PER")).toThrow(/line 1: is no tag of an entity; found "PER"/);
    expect(() => read("\tO")).toThrow(/line 1: has not the columns/);
  });
});
