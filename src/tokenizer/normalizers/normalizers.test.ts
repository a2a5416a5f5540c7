import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignedText, endAt, startAt } from "../text/aligned.js";
import { makeNormalizer } from "./index.js";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const marks = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a",
        "e\u0301",
        "\u0323",
        "\u0301",
        "\u0345",
        "\u0334",
        "ệ",
        "\u1100",
        "\u1161",
        "\u11a8",
        "각",
        "ﬁ",
        "Å",
        "\u0344",
        "ΐ",
      ),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));
const place = { file: "test", at: "normalizer" };

describe.each(["NFC", "NFD", "NFKC", "NFKD"] as const)("%s", (form) => {
  const normalize = makeNormalizer({ type: form }, place);

  it("is what JavaScript gives, and says where each character comes from", () => {
    fc.assert(
      fc.property(fc.oneof(text, marks), (t) => {
        const a = normalize(alignedText(t));
        expect(a.text).toBe(t.normalize(form));
        let last = 0;
        for (let i = 0; i < a.text.length; i++) {
          expect(startAt(a, i)).toBeLessThan(endAt(a, i));
          expect(endAt(a, i)).toBeLessThanOrEqual(t.length);
          expect(startAt(a, i)).toBeGreaterThanOrEqual(last);
          last = startAt(a, i);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("normalisers of one character", () => {
  const run = (json: object, t: string): string => makeNormalizer(json, place)(alignedText(t)).text;

  it("do as Unicode says, not as JavaScript", () => {
    expect(run({ type: "Lowercase" }, "ΟΔΟΣ İ")).toBe("οδοσ i\u0307");
    expect(run({ type: "StripAccents" }, "e\u0301 é")).toBe("e é");
    expect(run({ type: "Strip", strip_left: true, strip_right: true }, "\u0085 a \u3000")).toBe("a");
    expect(run({ type: "Nmt" }, "a\0b\u0001c\u200bd")).toBe("a\0bc d");
    expect(run({ type: "BertNormalizer" }, "Ä\0漢\u00adb")).toBe("a 漢 b");
    expect(run({ type: "Replace", pattern: { Regex: "(a)" }, content: "$1" }, "ab")).toBe("$1b");
  });
});
