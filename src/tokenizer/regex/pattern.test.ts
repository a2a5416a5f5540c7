import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GPT2_PATTERN, GPT4_PATTERN, javaScriptPattern } from "../pretokenizers/patterns.js";
import { isLookedAt } from "./caseFolding.js";
import { type Pattern, regexPattern } from "./pattern.js";

const found = (pattern: string | Pattern, text: string): string[] => {
  const places = (typeof pattern === "string" ? regexPattern(pattern) : pattern).matches(text);
  return places.flatMap((start, i) => (i % 2 === 0 ? [text.slice(start, places[i + 1])] : []));
};

describe("Oniguruma's dialect", () => {
  it.each<[string, string, string[]]>([
    [String.raw`\s`, "a\u0085b\ufeffc\u200bd", ["\u0085"]],
    [String.raw`\w+`, "naïve² a\u200db", ["naïve²", "a", "b"]],
    [String.raw`\d+`, "12½３", ["12", "３"]],
    ["^.", "a\nb\r\n\n", ["a", "b"]],
    [".$", "a\nb", ["a", "b"]],
    [String.raw`\A.|.\z`, "a\nb", ["a", "b"]],
    ["(?i:'s)", "'s 'S 'ſ 'k", ["'s", "'S", "'ſ"]],
    ["(?i)k[a-c]", "Ka kB KC kd", ["Ka", "kB", "KC"]],
    ["(?i:[^a])", "aAb", ["b"]],
    ["a++a|b", "aaab", ["b"]],
    ["(?>a*)a|b", "aaab", ["b"]],
    ["a{2,3}+a", "aaaaaaa", ["aaaaaaa"]],
    ["a{,2}b", "aaab", ["aab"]],
    ["x*", "axb", ["", "x", ""]],
    ["[[a-z]&&[^aeiou]]+", "abcde", ["bcd"]],
    ["[[:alpha:]]+|[[:^alpha:][:space:]]", "é1", ["é", "1"]],
    [String.raw`\p{Han}+|\p{^Lu}`, "漢字Aa", ["漢字", "a"]],
    [String.raw`\p{greek}`, "αa", ["α"]],
    [String.raw`(a|b)\1`, "abaabb", ["aa", "bb"]],
    [String.raw`(?<x>[ab])-\k<x>`, "a-b b-b", ["b-b"]],
    [String.raw`\x41\x{1F600}\u00e9`, "A😀é", ["A😀é"]],
    [String.raw`(?<=\d)(?=\D)`, "1a2", [""]],
    ["a{b|x{1", "a{b x{1", ["a{b", "x{1"]],
    [String.raw`\bfoo\b`, "foo éfoo foo-", ["foo", "foo"]],
    ["(?m:a.b)", "a\nb", ["a\nb"]],
    ["(?x) a  b # comment\n c", "abc", ["abc"]],
    [String.raw`\R`, "a\r\nb\n", ["\r\n", "\n"]],
  ])("%s in %j", (pattern, text, expected) => {
    expect(found(pattern, text)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ["(a", /unmatched parenthesis/],
    ["a)", /unmatched close parenthesis/],
    ["[z-a]", /empty range in char class/],
    ["[a", /premature end of char-class/],
    ["*a", /target of repeat operator/],
    [String.raw`\p{Nope}`, /invalid character property name \{Nope\}/],
    [String.raw`\K`, /\\K is not supported/],
    ["(?~a)", /this kind of group is not supported/],
    [String.raw`(a)\2`, /there is no group 2/],
    ["a{3,2}", /upper limit/],
    [`${"(".repeat(300)}a${")".repeat(300)}`, /too deeply nested/],
  ])("refuses %s", (pattern, message) => {
    expect(() => regexPattern(pattern)).toThrow(message);
  });

  it("finds in published patterns what the hand-written ones find", () => {
    for (const [pattern, name] of [
      [GPT2_PATTERN, "gpt2"],
      [GPT4_PATTERN, "gpt4"],
    ] as const) {
      const compiled = regexPattern(pattern);
      const byHand = javaScriptPattern(name);
      fc.assert(
        fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
          expect(found(compiled, text)).toEqual([...text.matchAll(byHand)].map((m) => m[0]));
        }),
      );
    }
  });

  it("knows where letters with upper and lower case are", () => {
    for (let c = 0; c < 0x110000; c++)
      if (!isLookedAt(c) && /\p{Changes_When_Casemapped}/u.test(String.fromCodePoint(c)))
        expect.fail(`U+${c.toString(16)} has variants`);
  });
});
