import { describe, expect, it } from "vitest";
import { corpusBleu, sentenceBleu } from "./bleu.js";
import { bleuTokenize } from "./bleuTokenizers.js";
import { corpusChrf } from "./chrf.js";

describe("BLEU", () => {
  it("is 100 for the reference itself, 0 without a common word, between otherwise", () => {
    const text = ["the cat sat on the mat", "a dog ran"];
    expect(corpusBleu(text, [text]).score).toBeCloseTo(100, 9);
    expect(corpusBleu(["x y z"], [["a b c"]]).score).toBe(0);
    const { score, precisions, brevityPenalty } = corpusBleu(
      ["the cat sat on the"],
      [["the cat sat on the mat"]],
    );
    expect(precisions).toEqual([100, 100, 100, 100]);
    expect(brevityPenalty).toBeCloseTo(Math.exp(1 - 6 / 5), 12);
    expect(score).toBeCloseTo(100 * Math.exp(-0.2), 9);
  });

  it("counts a word at most as often as a reference has it (the paper's example)", () => {
    const { counts, totals } = corpusBleu(
      ["the the the the the the the"],
      [["the cat is on the mat"], ["there is a cat on the mat"]],
    );
    expect([counts[0], totals[0]]).toEqual([2, 7]);
  });

  it("takes the orders that a short sentence has, and halves what has no match", () => {
    expect(sentenceBleu("hello world", ["hello world"]).score).toBeCloseTo(100, 9);
    const { precisions } = sentenceBleu("hello there you", ["hello here me"]);
    expect(precisions).toEqual([100 / 3, 100 / 4, 100 / 4, 0]);
  });

  it("refuses references that do not fit", () => {
    expect(() => corpusBleu(["a", "b"], [["a"]])).toThrow(/2 hypotheses, references of 1/);
  });
});

describe("tokens", () => {
  it.each([
    ["13a", "It's 1,000.5-fold (yes)!", "It's 1,000.5 - fold ( yes ) !"],
    ["13a", "a &amp; b-\nc", "a & bc"],
    ["intl", "“Hi” – 3.5 €", "“ Hi ” – 3.5 €"],
    ["zh", "我有3.5元", "我 有 3.5 元"],
    ["char", "ab c", "a b   c"],
  ] as const)("%s: %s", (tokenizer, text, expected) => {
    expect(bleuTokenize(text, tokenizer)).toBe(expected);
  });
});

describe("chrF", () => {
  it("is 100 for the same, 0 for nothing in common, and does not see white space unless asked", () => {
    expect(corpusChrf(["abc def"], [["abc def"]])).toBeCloseTo(100, 9);
    expect(corpusChrf(["abc"], [["xyz"]])).toBe(0);
    expect(corpusChrf(["ab cd ef gh"], [["abcdefgh"]])).toBeCloseTo(100, 9);
    expect(corpusChrf(["ab cd ef gh"], [["abcdefgh"]], { whitespace: true })).toBeLessThan(60);
  });
});
