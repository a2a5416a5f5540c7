import { describe, expect, it } from "vitest";
import { byteTokenizer } from "../../../../test/support/byteTokenizer.js";
import { NO_TARGET } from "../../batch.js";
import type { Example } from "../examples.js";
import { collectWords, labelTokens, tokenWindows } from "./align.js";
import { prepareEntities, tagNames } from "./prepareEntities.js";
import { joinWords, spansOfTags, tagSpans, wordsOf } from "./words.js";

const tokenizer = byteTokenizer({ putIn: true });
const place = { file: "f.conll", line: 3 };
const words = (given: string[], tags: string[]): Example => ({ kind: "words", words: given, tags, place });
const spans = (text: string, ...given: [number, number, string][]): Example => ({
  kind: "spans",
  text,
  spans: given.map(([start, end, type]) => ({ start, end, type })),
  place,
});

describe("words in a text", () => {
  it("stand with a space between, or are pieces of the pre-tokenizer, or tokens", () => {
    expect(joinWords(["Ann", "sat"])).toEqual({
      text: "Ann sat",
      words: [
        [0, 3],
        [4, 7],
      ],
    });
    const spelled = (text: string, unit: "pieces" | "tokens") =>
      wordsOf(text, tokenizer, unit).map(([start, end]) => text.slice(start, end));
    expect(spelled("Ann's  cat, Zoë!", "pieces")).toEqual(["Ann", "'s", "cat", ",", "Zoë", "!"]);
    expect(spelled("Zoë", "tokens")).toEqual(["Z", "o", "ë"]);
    expect(spelled("我在", "pieces")).toEqual(["我在"]);
  });

  it("have the tags of the spans that they lie on, and give the spans back", () => {
    const text = "Ann Lee of New York, Bo";
    const all = wordsOf(text, tokenizer, "pieces");
    const given = [
      { start: 0, end: 7, type: "PER" },
      { start: 11, end: 19, type: "LOC" },
      { start: 21, end: 23, type: "PER" },
    ];
    const { tags, inexact } = tagSpans(all, given);
    expect(tags).toEqual(["B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "B-PER"]);
    expect(inexact).toEqual([]);
    expect(spansOfTags(all, tags)).toEqual(given);
    const half = { start: 1, end: 7, type: "PER" };
    expect(tagSpans(all, [half]).inexact).toEqual([half]);
  });
});

describe("tokens", () => {
  const { text, words: ranges } = joinWords(["Ann", "Lee", "é"]);
  const labels = new Map([
    ["O", 0],
    ["B-PER", 1],
    ["I-PER", 2],
  ]);
  const tags = ["B-PER", "I-PER", "O"];

  it("carry a word's tag first, or all of them", () => {
    const [window] = tokenWindows(text, ranges, { tokenizer });
    const _ = NO_TARGET;
    //                                            put in  A  n  n     L  e  e     é (two bytes)
    expect([...window!.wordOf]).toEqual([-1, 0, 0, 0, -1, 1, 1, 1, -1, 2, 2]);
    expect([...labelTokens(window!, tags, labels)]).toEqual([_, 1, _, _, _, 2, _, _, _, 0, _]);
    expect([...labelTokens(window!, tags, labels, "all")]).toEqual([_, 1, 2, 2, _, 2, 2, 2, _, 0, 0]);
  });

  it("come in windows, each word learned once, and read where it has most about it", () => {
    const windows = tokenWindows(text, ranges, { tokenizer, maxLength: 5 });
    expect(windows.map((w) => w.ids.length)).toEqual([5, 5, 3]);
    expect(windows.flatMap((w) => [...w.firstOf].filter((i) => i >= 0))).toEqual([0, 1, 2]);
    const overlapping = tokenWindows(text, ranges, { tokenizer, maxLength: 6, stride: 3 });
    const chosen = collectWords(overlapping, 3, (window, token) => [window, token], [-1, -1]);
    chosen.forEach(([window, token], word) => {
      expect(overlapping[window!]!.firstOf[token!]).toBe(word);
      for (const { firstOf } of overlapping) {
        const at = firstOf.indexOf(word);
        const about = (i: number, n: number) => Math.min(i, n - 1 - i);
        if (at >= 0)
          expect(about(token!, overlapping[window!]!.firstOf.length)).toBeGreaterThanOrEqual(
            about(at, firstOf.length),
          );
      }
    });
    expect(collectWords(windows.slice(0, 1), 3, () => "seen", "O")).toEqual(["seen", "O", "O"]);
  });

  it("that reach over several words belong to the first", () => {
    const merging = byteTokenizer({ merged: ["),"] });
    const letters = Array.from("a),b", (_, i) => [i, i + 1] as const);
    const [window] = tokenWindows("a),b", letters, { tokenizer: merging });
    expect([...window!.firstOf]).toEqual([0, 1, 3]);
    const example = spans("a),b");
    const { survey } = prepareEntities([example], { tokenizer: merging, labels: ["O"] });
    expect([survey.words, survey.unseenWords]).toEqual([3, 0]); // its pieces are other words
    expect(collectWords([window!], 4, (_, token) => token, -1)).toEqual([0, 1, -1, 2]);
  });
});

describe("examples with entities", () => {
  const ann = words(["Ann", "sat"], ["B-PER", "O"]);

  it("name their labels, are counted and aligned", () => {
    const york = spans("In New York", [3, 11, "LOC"]);
    const labels = tagNames([ann, york]);
    expect(labels).toEqual(["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]);
    const { texts, survey } = prepareEntities([ann, york, ann], { tokenizer, labels, maxLength: 8 });
    expect(survey).toMatchObject({
      examples: 3,
      words: 7,
      entities: { PER: 2, LOC: 1 },
      split: { count: 1, first: ["f.conll:3"] },
      repeated: { count: 1 },
      unseenWords: 0,
    });
    expect(texts[1]!.tags).toEqual(["O", "B-LOC", "I-LOC"]);
    expect(texts[1]!.windows.flatMap((w) => [...w.labels].filter((l) => l !== NO_TARGET))).toEqual([0, 1, 2]);
  });

  it("are refused where tags cannot say what the spans say, until tokens are tagged", () => {
    const inside = spans("Stuttgart", [5, 9, "LOC"]);
    const labels = tagNames([inside]);
    expect(() => prepareEntities([inside], { tokenizer, labels })).toThrow(
      /f\.conll: line 3, span 5 to 9 \(LOC\): begins or ends inside what the tokenizer takes for a word.* expected "gart".*unit: tokens/,
    );
    expect(prepareEntities([inside], { tokenizer, labels, unit: "tokens" }).texts[0]!.tags.join(" ")).toBe(
      "O O O O O B-LOC I-LOC I-LOC I-LOC",
    );
  });

  it("are refused where validation has a label that training lacks, or none at all", () => {
    const labels = tagNames([ann]);
    expect(() => prepareEntities([words(["York"], ["B-LOC"])], { tokenizer, labels })).toThrow(
      /f\.conll: line 3: has a label that training lacks; found "B-LOC", expected \["O", "B-PER", "I-PER"\]/,
    );
    expect(() => tagNames([{ kind: "text", text: "a", place }])).toThrow(
      /has no entities in it; found "text"/,
    );
  });
});
