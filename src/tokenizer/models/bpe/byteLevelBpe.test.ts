import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createIdBuffer, takeIds } from "../../idBuffer.js";
import type { Tokenizer } from "../../tokenizer.js";
import { trainBpe } from "../../training/trainBpe.js";

const documents = [
  "The quick brown fox's 1234 漢字 漢字 ".repeat(3),
  "ab ab abc aaaa aaaa\n\n  naïve naïve 😀😀 ".repeat(3),
];
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)), // lone surrogates, NUL
  fc
    .array(fc.constantFrom("the", " fox", "'s", "\n", "漢字", "😀", "<|end|>", "a", " "), { maxLength: 40 })
    .map((parts) => parts.join("")),
);
const wellFormed = (text: string) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));

describe.each(["gpt2", "gpt4"] as const)("byte-level BPE with the %s pattern", (pattern) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await trainBpe({ documents, vocabSize: 300, pattern, specialTokens: ["<|end|>"] });
  });

  it("decodes to what was encoded, whatever the text", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("none" as const, "all" as const), (text, special) => {
        const ids = tokenizer.encode(text, { special });
        expect(tokenizer.decode(ids)).toBe(wellFormed(text));
        if (special === "none") expect(ids).not.toContain(tokenizer.tokenToId("<|end|>"));
      }),
      { numRuns: 1000 },
    );
  });

  it("streams what it decodes, for any ids, never half a character", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(299), { maxLength: 60 }), fc.boolean(), (ids, skipSpecialTokens) => {
        const stream = tokenizer.streamDecoder({ skipSpecialTokens });
        const pieces = ids.map((id) => stream.push(id));
        for (const piece of pieces) expect(piece).not.toMatch(/\p{Cs}/u);
        expect(pieces.join("") + stream.end()).toBe(tokenizer.decode(ids, { skipSpecialTokens }));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the same ids with the words known and unknown, alone and appended", () => {
    const out = createIdBuffer();
    const text = `${documents.join("")} tail`;
    const cold = [...tokenizer.encode(text)];
    expect([...tokenizer.encode(text)]).toEqual(cold);
    tokenizer.encodeInto(text, out);
    tokenizer.encodeInto(text, out);
    expect([...takeIds(out)]).toEqual([...cold, ...cold]);
  });

  it("gives the same ids for a long text as for its parts, and after more words than it keeps", () => {
    const part = " quick brown fox's naïve 漢字 1234";
    const ids = [...tokenizer.encode(part)];
    const long = tokenizer.encode(part.repeat(5000));
    expect(long.length).toBe(ids.length * 5000);
    expect(long.every((id, i) => id === ids[i % ids.length])).toBe(true);
    let words = "";
    for (let i = 0; i < 150_000; i++)
      words += ` ${i.toString(36).replace(/\d/g, (d) => "qwertyuiop"[Number(d)]!)}x`;
    expect(tokenizer.decode(tokenizer.encode(words))).toBe(words);
    expect([...tokenizer.encode(part)]).toEqual(ids);
  });

  it("has no quadratic time on long words", () => {
    for (const letters of ["a", "ab", "abcxyz"]) {
      const start = performance.now();
      const word = letters.repeat(300_000 / letters.length);
      expect(tokenizer.decode(tokenizer.encode(word))).toBe(word);
      // A quadratic merge takes minutes; this takes 0.1 s on a quiet machine.
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});
