import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type PairFiles, type PairReadOptions, readPairs } from "./pairs.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-pairs-"));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const sides = (files: PairFiles, options?: PairReadOptions) =>
  [...readPairs(files, options)].map((p) => [p.source, p.target]);
const lines = (en: string | Uint8Array, fr: string | Uint8Array): PairFiles => ({
  format: "lines",
  source: file("train.en", en),
  target: file("train.fr", fr),
});

describe("readPairs", () => {
  it("reads two files line by line, plain or compressed, with or without a last newline", () => {
    const wanted = [
      ["One dog.", "Un chien."],
      ["Two dogs.", "Deux chiens."],
    ];
    expect(sides(lines("One dog.\nTwo dogs.\n", "Un chien.\r\n Deux chiens. "))).toEqual(wanted);
    const gz = {
      format: "lines",
      source: file("a.en.gz", gzipSync("One dog.\nTwo dogs.")),
      target: file("a.fr.gz", gzipSync("\ufeffUn chien.\nDeux chiens.\n")),
    } as const;
    expect(sides(gz)).toEqual(wanted);
    const two = { format: "lines", source: [gz.source, gz.source], target: [gz.target, gz.target] } as const;
    expect(sides(two)).toEqual([...wanted, ...wanted]);
    expect([...readPairs(gz)].map((p) => p.id)).toEqual(["a.en.gz:1", "a.en.gz:2"]);
  });

  it("counts pairs with an empty side, sizes, and bytes that are no UTF-8", () => {
    const reader = readPairs(lines(Buffer.from("a\n\nb\n \nd\xe9\n", "latin1"), "é\nx\n\n\nw\n"));
    expect([...reader].map((p) => [p.id, p.source, p.target])).toEqual([
      ["train.en:1", "a", "é"],
      ["train.en:5", "d\ufffd", "w"],
    ]);
    expect(reader.statistics).toMatchObject({
      files: 2,
      pairs: 2,
      source: { bytes: 5, characters: 3 },
      target: { bytes: 3, characters: 2 },
      invalidBytes: 1,
      skipped: { "empty source": 1, "empty target": 1, "both sides empty": 1 },
    });
    expect(reader.statistics.skippedFirst[0]).toMatch(/train\.en:2: empty source$/);
    expect(() => [...readPairs(lines(Buffer.from("d\xe9", "latin1"), "w"), { strict: true })]).toThrow(
      /byte 1: is not valid UTF-8/,
    );
  });

  it("refuses files of other numbers of lines, naming both", () => {
    expect(() => sides(lines("a\nb\nc\nd\n", "x\ny\n"))).toThrow(
      /found "4 lines in .*train\.en, 2 lines in .*train\.fr", expected as many lines in both/,
    );
    expect(() => sides(lines("a\n", "x\n\n"))).toThrow(/"1 lines in .*, 2 lines in /);
    expect(() => sides({ format: "lines", source: ["a", "b"], target: "c" })).toThrow(
      /found "2 of sources, 1 of targets"/,
    );
  });

  it("reads columns by number or name", () => {
    const path = file("pairs.tsv", "id\ten\tfr\n1\tGo.\tVa !\textra\n2\tHi.\n");
    const named = { format: "tsv", files: path, sourceColumn: "en", targetColumn: "fr" } as const;
    expect(sides(named)).toEqual([["Go.", "Va !"]]);
    const reader = readPairs({ format: "tsv", files: path, sourceColumn: 3, targetColumn: 2 });
    expect([...reader].map((p) => [p.source, p.target])).toEqual([
      ["fr", "en"],
      ["Va !", "Go."],
    ]);
    expect(reader.statistics.skipped).toEqual({ "has fewer columns than 3": 1 });
    expect(() => sides(named, { strict: true })).toThrow(/line 3: has fewer columns than 3; found 2/);
    expect(() => sides({ ...named, targetColumn: "fra" })).toThrow(
      /names no column "fra".*Did you mean "fr"\?/,
    );
    expect(() => sides({ ...named, sourceColumn: 0, targetColumn: 1 })).toThrow(
      /sourceColumn, targetColumn: cannot be/,
    );
  });

  it("reads JSON lines under any keys, also inside", () => {
    const path = file(
      "pairs.jsonl",
      '{"id":7,"translation":{"en":"Go.","fr":"Va !"}}\nnonsense\n{"translation":{"en":3,"fr":4}}\n{"translation":{"en":"a","fr":" "}}\n',
    );
    const reader = readPairs({
      format: "jsonl",
      files: path,
      sourceKey: "translation.en",
      targetKey: "translation.fr",
    });
    expect([...reader]).toEqual([{ id: "7", source: "Go.", target: "Va !" }]);
    expect(reader.statistics.skipped).toEqual({
      "does not parse as JSON": 1,
      "its en is no string": 1,
      "empty target": 1,
    });
    expect(() => sides({ format: "jsonl", files: path })).toThrow(
      /line 1: has no key "source"; found \["id", "translation"\]/,
    );
    expect(() =>
      sides({ format: "jsonl", files: path, sourceKey: "translation.en", targetKey: "translation.fra" }),
    ).toThrow(/has no key "fra".*perhaps "fr" \(sourceKey, targetKey\)/);
  });

  it("refuses folders, missing files, and files without a pair", () => {
    expect(() => readPairs({ format: "tsv", files: folder })).toThrow(
      /is a folder; expected a file of pairs/,
    );
    expect(() => readPairs({ format: "tsv", files: join(folder, "none.tsv") })).toThrow(/does not exist/);
    expect(() => sides(lines("a\n\n", "\nb\n"))).toThrow(
      /holds no pair of source and target; found \[".*empty target"/,
    );
  });
});

const multi30k = "../shared/data/translation/multi30k";
describe.skipIf(!existsSync(`${multi30k}.train.en.gz`))("Multi30k (../shared/data)", () => {
  it("has its 29,000 and 1,014 pairs", () => {
    for (const [split, pairs] of [
      ["train", 29_000],
      ["val", 1014],
    ] as const) {
      const reader = readPairs({
        format: "lines",
        source: `${multi30k}.${split}.en.gz`,
        target: `${multi30k}.${split}.fr.gz`,
      });
      let count = 0;
      for (const _ of reader) count++;
      expect(count).toBe(pairs);
      expect(reader.statistics).toMatchObject({ pairs, skipped: {}, invalidBytes: 0 });
    }
  });
});
