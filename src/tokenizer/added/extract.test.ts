import { describe, expect, it } from "vitest";
import type { AddedToken, EncodeOptions } from "../tokenizer.js";
import { createExtractors } from "./extract.js";
import { specialToken } from "./specialToken.js";

const token = (id: number, content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  ...specialToken(id, content),
  ...more,
});

function createSegmenters(added: readonly AddedToken[]) {
  const extractors = createExtractors(added, undefined);
  return (special: EncodeOptions["special"]) => {
    const extract = extractors(special);
    return (text: string) => extract(text).map(({ id, text: section }) => (id >= 0 ? id : section.text));
  };
}

describe("added tokens in text", () => {
  it("are text where special tokens are not asked for, unless they are not special", () => {
    const segment = createSegmenters([token(1, "<s>"), token(2, "<think>", { special: false })]);
    expect(segment("none")("a<s>b<think>c")).toEqual(["a<s>b", 2, "c"]);
    expect(segment(undefined)("<s>")).toEqual(["<s>"]);
    expect(segment("all")("a<s>b<think>c")).toEqual(["a", 1, "b", 2, "c"]);
    expect(segment(["<s>"])("<s><think>")).toEqual([1, 2]);
  });

  it("are found leftmost and longest", () => {
    const segment = createSegmenters([token(1, "<a"), token(2, "<a>"), token(3, "a>b")])("all");
    expect(segment("<a>b<ab")).toEqual([2, "b", 1, "b"]);
  });

  it("take white space and mind words where they are marked so", () => {
    const segment = createSegmenters([
      token(1, "<mask>", { lstrip: true }),
      token(2, "<r>", { rstrip: true }),
      token(3, "word", { singleWord: true }),
    ])("all");
    expect(segment("a  <mask> b <r> \n c")).toEqual(["a", 1, " b ", 2, "c"]);
    expect(segment("word sword word2 _word_ (word)")).toEqual([3, " sword word2 _word_ (", 3, ")"]);
  });

  it("refuses a name that is no special token, with the nearest", () => {
    const segment = createSegmenters([token(1, "<|endoftext|>")]);
    expect(() => segment(["<|endoftex|>"])).toThrow(/is not a special token.*Did you mean <\|endoftext\|>/);
  });
});
