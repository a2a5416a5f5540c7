import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCharacterClasses } from "../text/categories.js";
import { blockEnd, createUtf8Buffer } from "../text/utf8.js";
import { createSplitter } from "./create.js";
import { javaScriptPattern } from "./patterns.js";

const classes = createCharacterClasses();
const utf8 = createUtf8Buffer();
const decode = new TextDecoder("utf-8", { ignoreBOM: true });

/** Pieces, by several calls with room for few ends each. */
function pieces(name: "gpt2" | "gpt4", text: string): string[] {
  const split = createSplitter(name, classes);
  const to = utf8.fill(text);
  const ends = new Int32Array(3);
  const result: string[] = [];
  for (let from = 0; from < to; ) {
    const count = split(utf8.bytes, from, to, ends);
    for (let k = 0; k < count; k++) {
      result.push(decode.decode(utf8.bytes.subarray(from, ends[k])));
      from = ends[k]!;
    }
  }
  return result;
}

/** Text rich in what the patterns tell apart. */
const tricky = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        "'s",
        "'S",
        "'ſ",
        "'ll",
        "'LL",
        "'Ve",
        "'re",
        "'t",
        "'d",
        "'m",
        " ",
        "  ",
        "\n",
        "\r",
        "\r\n",
        "\t",
      ),
      fc.constantFrom(
        "\u0085",
        "\ufeff",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\u200b",
        "\ud800",
        "\udc00",
        "\u0000",
        "½",
        "Ⅳ",
        "٣",
      ),
      fc.constantFrom(
        "a",
        "Z",
        "é",
        "e\u0301",
        "я",
        "漢",
        "字",
        "한",
        "𐐀",
        "𝟘",
        "😀",
        "_",
        "-",
        "!",
        "१",
        "7",
        "42",
        "1234",
      ),
      fc.string({ unit: "grapheme", maxLength: 4 }),
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe.each(["gpt2", "gpt4"] as const)("the %s splitter", (name) => {
  it("cuts as the regular expression does", () => {
    fc.assert(
      fc.property(tricky, (text) => {
        const wellFormed = decode.decode(new TextEncoder().encode(text));
        expect(pieces(name, text)).toEqual(wellFormed.match(javaScriptPattern(name)) ?? []);
      }),
      { numRuns: 3000 },
    );
  });

  it("knows the class of every character", () => {
    const mistakes: string[] = [];
    for (let c = 0; c < 0x110000; c++) {
      if (c >= 0xd800 && c < 0xe000) continue;
      const character = String.fromCodePoint(c);
      const kind = classes.classOf(c);
      const wanted = /\p{L}/u.test(character)
        ? 1
        : /\p{N}/u.test(character)
          ? 2
          : /\p{White_Space}/u.test(character)
            ? 3
            : 4;
      if (kind !== wanted) mistakes.push(c.toString(16));
    }
    expect(mistakes).toEqual([]);
  });

  it("gives the same pieces block by block", () => {
    const words = ["the ", "fox's\n\n", "1234", " 漢字，", "…", "  é", "\u3000", "'LL", "𝟘x"];
    fc.assert(
      fc.property(fc.array(fc.nat(words.length - 1), { minLength: 30, maxLength: 60 }), (picks) => {
        const text = picks
          .map((i) => words[i]!)
          .join("")
          .repeat(400);
        const blocks: string[] = [];
        for (let at = 0; at < text.length; ) {
          const stop = blockEnd(text, at, classes);
          blocks.push(...pieces(name, text.slice(at, stop)));
          at = stop;
        }
        expect(blocks).toEqual(text.match(javaScriptPattern(name)));
      }),
      { numRuns: 5 },
    );
  });
});
