import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GPT4_PATTERN, O200K_PATTERN } from "../pretokenizers/patterns.js";
import { runMachine } from "./machine.js";
import { parseRegex } from "./parse.js";
import { regexPattern } from "./pattern.js";
import { compile } from "./program.js";
import { toJavaScript } from "./toJavaScript.js";

const javaScript = (regex: RegExp, text: string): number[] => {
  const found: number[] = [];
  let lastEnd = -1;
  for (let from = 0; from <= text.length; ) {
    regex.lastIndex = from;
    const match = regex.exec(text);
    if (match === null) break;
    const end = match.index + match[0].length;
    if (end === match.index && end === lastEnd) {
      from += (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    found.push(match.index, end);
    from = end;
    lastEnd = end;
  }
  return found;
};

const PATTERNS = [
  GPT4_PATTERN,
  O200K_PATTERN,
  "x*",
  "a|ab|abc",
  "(?:a|ab)(?:c|bcd)?",
  "a*?b",
  "(?:ab?)+",
  "(?:a+b?)*c",
  "(?<=a+)b",
  "(?<!a)b+(?=c|$)",
  "(?>a+|b)a",
  "a++b|a",
  "^a+|b$",
  String.raw`\ba+\b`,
  "a{2,4}?b{0,2}",
  "(?:(?=ab)a|b)+",
  "[^a]+(?!b)",
  String.raw`\p{L}+\s*`,
];

describe("the machine", () => {
  it.each(PATTERNS)("finds what JavaScript finds: %s", (pattern) => {
    const program = compile(parseRegex(pattern))!;
    const regex = new RegExp(toJavaScript(parseRegex(pattern)), "gv");
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c", "A", " ", "\n", "1", "é", "😀", "'s", "\u3000"), {
          maxLength: 14,
        }),
        (parts) => {
          const text = parts.join("");
          expect(runMachine(program, text)).toEqual(javaScript(regex, text));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(["(?:a+)+$", "(?:a|a)*b", "(?:a|aa)+c", "(?:a*)*b", String.raw`(?:\w+\s?)+!`])(
    "comes to an end where backtracking would not: %s",
    (pattern) => {
      const text = `${"a".repeat(5_000)}-`;
      const before = performance.now();
      regexPattern(pattern).matches(text);
      expect(performance.now() - before).toBeLessThan(5000);
    },
  );

  it("takes time in proportion to the text", () => {
    const pattern = regexPattern(String.raw`\s+$`);
    expect(pattern.matches(`${" ".repeat(300_000)}x`)).toEqual([]);
    expect(pattern.matches(`x${" ".repeat(300_000)}`)).toEqual([1, 300_001]);
  });

  it("refuses references beside repeats, which nothing makes safe", () => {
    expect(() => regexPattern(String.raw`(a+)\1b`)).toThrow(/could go on without end/);
    expect(regexPattern(String.raw`(a|b)\1`).matches("abb")).toEqual([1, 3]);
  });

  it("refuses a look-ahead that goes through the text again and again", () => {
    const pattern = regexPattern("(?:a(?=(?:a|b)*c))+d");
    expect(() => pattern.matches(`${"a".repeat(8_000)}c`)).toThrow(/does not come to an end/);
  });
});
