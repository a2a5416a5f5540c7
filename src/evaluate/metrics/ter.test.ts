import { describe, expect, it } from "vitest";
import { corpusTer, terSignature } from "./ter.js";
import { terWords } from "./terWords.js";

const one = (hypothesis: string, ...references: string[]) =>
  corpusTer(
    [hypothesis],
    references.map((r) => [r]),
  );

describe("TER", () => {
  it("counts insertions, deletions and substitutions over the reference's words", () => {
    expect(one("the cat sat", "The cat sat").score).toBe(0);
    expect(one("the dog sat", "the cat sat")).toEqual({ score: 100 * (1 / 3), edits: 1, referenceLength: 3 });
    expect(one("the sat", "the cat sat").edits).toBe(1);
    expect(one("the big fat cat sat", "the cat sat").edits).toBe(2);
  });

  it("counts a run that stands elsewhere as one edit, however long", () => {
    const reference = "THIS WEEK THE SAUDIS denied information published in the AMERICAN new york times";
    const hypothesis = "THE SAUDIS denied THIS WEEK information published in the new york times";
    // The paper's example: two words to move, AMERICAN missing.
    expect(one(hypothesis, reference).edits).toBe(2);
  });

  it("takes the reference with the fewest edits, and divides by their average length", () => {
    expect(one("a b c", "a b c d", "x y")).toEqual({ score: 100 * (1 / 3), edits: 1, referenceLength: 3 });
  });

  it("is 0 for nothing against nothing, 100 for words against nothing and for nothing against words", () => {
    expect([one("", "").score, one("a b", "").score, one("", "a b").score]).toEqual([0, 100, 100]);
  });

  it("looks near the diagonal alone, so that it misses what stands far from it (as sacrebleu does)", () => {
    const long = Array.from({ length: 300 }, (_, i) => `w${i}`).join(" ");
    expect(one("w140 w240", long).edits).toBe(298);
    expect(one("w1 w2", long).edits).toBe(300);
  });

  it("says how it was measured", () => {
    expect(terSignature(2, { noPunct: true })).toBe("nrefs:2|case:lc|tok:tercom|norm:no|punct:no|asian:no");
  });
});

describe("words", () => {
  it.each([
    [{}, "Hello, World's end.", ["hello,", "world's", "end."]],
    [{ normalized: true }, "Tom's 1,000 &amp; (more).", ["tom", "'s", "1,000", "&", "(", "more", ")", "."]],
    [{ noPunct: true, caseSensitive: true }, "Hello, (World)!", ["Hello", "World"]],
    [{ normalized: true, asianSupport: true }, "我有。", ["我", "有", "。"]],
    [{ noPunct: true, asianSupport: true }, "我有。", ["我有"]],
  ])("%j: %s", (options, text, expected) => {
    expect(terWords(text, options)).toEqual(expected);
  });
});
