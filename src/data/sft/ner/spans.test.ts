import { describe, expect, it } from "vitest";
import { checkSpans } from "./spans.js";

const place = { file: "f.jsonl", line: 4 };
const span = (start: number, end: number, type = "PER", text?: string) =>
  text === undefined ? { start, end, type } : { start, end, type, text };
const check = (
  text: string,
  spans: ReturnType<typeof span>[],
  unit: Parameters<typeof checkSpans>[2] = "codePoints",
) => checkSpans(text, spans, unit, place);

describe("spans", () => {
  it("are found in whatever their offsets count, and come in order", () => {
    const text = "😀 Zoë and Ann";
    const expected = [span(3, 6), span(11, 14)];
    const found = (unit: Parameters<typeof checkSpans>[2], ...spans: ReturnType<typeof span>[]) =>
      expect(check(text, spans, unit)).toEqual(expected);
    found("utf16", span(11, 14), span(3, 6));
    found("codePoints", span(10, 13), span(2, 5));
    found("bytes", span(14, 17), span(5, 9));
  });

  it("lose white space at their ends, and come once", () => {
    expect(check("An  Ann ", [span(2, 8), span(2, 8)])).toEqual([span(4, 7)]);
  });

  it.each([
    [
      "outside",
      "Ann",
      [span(0, 4)],
      "span-outside",
      /f\.jsonl: line 4, span 0 to 4 \(PER\): lies outside the text; .* expected within 0 to 3/,
    ],
    ["before", "Ann", [span(-1, 2)], "span-outside", /lies outside/],
    ["empty", "Ann", [span(2, 2)], "span-empty", /holds nothing/],
    ["backwards", "Ann", [span(2, 1)], "span-empty", /holds nothing/],
    ["white space", "Ann  Lee", [span(3, 5)], "span-empty", /white space alone/],
    [
      "overlapping",
      "Ann Lee",
      [span(0, 5), span(4, 7)],
      "spans-overlap",
      /overlap; found \["Ann L \(PER\)", "Lee \(PER\)"\]/,
    ],
    ["of two types", "Ann", [span(0, 3), span(0, 3, "ORG")], "spans-overlap", /"Ann \(PER\)", "Ann \(ORG\)"/],
    [
      "inside an accent",
      "Zoe\u0308!",
      [span(0, 3)],
      "span-cuts-character",
      /inside a character; found "Zoe"/,
    ],
    ["inside a family", "👨‍👩‍👧 Lee", [span(1, 5)], "span-cuts-character", /inside a character/],
    [
      "elsewhere",
      "Ann Lee",
      [span(0, 3, "PER", "Lee")],
      "span-text",
      /not on the text that it names; found "Ann", expected "Lee"/,
    ],
  ] as const)("are refused: %s", (_, text, spans, code, message) => {
    expect(() => check(text, [...spans])).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("are refused inside a surrogate pair and inside a byte sequence", () => {
    expect(() => check("a😀b", [span(0, 2)], "utf16")).toThrow(/inside a character/);
    expect(() => check("aëb", [span(0, 2)], "bytes")).toThrow(/inside a character/);
    expect(check("a😀b", [span(0, 3)], "utf16")).toHaveLength(1);
  });

  it("that name their text tell how they count", () => {
    expect(() => check("😀 Ann", [span(3, 6, "PER", "Ann")])).toThrow(
      /outside .* seem to count UTF-16 units: say so \(offsets: utf16\)/,
    );
    expect(() => check("é Ann, Bo", [span(3, 6, "PER", "Ann")])).toThrow(/offsets: bytes/);
  });
});
