/** @file What Jinja reads and the parser of @huggingface/jinja does not, put in terms that it reads: raw and with blocks,
 *  `{%+`, escapes in strings, `1e3` and `1_000`, `(a,)`, tests with an argument, generation blocks. */

import type { tokenize } from "@huggingface/jinja";
import { fail } from "./values.js";

export type Token = ReturnType<typeof tokenize>[number];

export interface Prepared {
  readonly template: string;
  /** What a mark in the output stands for. */
  readonly marks: ReadonlyMap<string, string>;
  readonly hasGeneration: boolean;
}

/** `marks`: characters that occur nowhere else; the first two become those of generation blocks. */
export function prepareText(source: string, characters: readonly string[]): Prepared {
  const [open = "", close = "", nothing = "", ...free] = characters;
  const marks = new Map<string, string>([[nothing, ""]]);
  const raw = source.replace(
    /\{%([-+]?)\s*raw\s*([-+]?)%\}([\s\S]*?)\{%([-+]?)\s*endraw\s*([-+]?)%\}/g,
    (_, a: string, b: string, text: string, c: string, d: string) => {
      const mark = free.pop() ?? fail("the template has too many raw blocks");
      const inner = b === "-" ? text.trimStart() : text.replace(/^\n/, "");
      marks.set(mark, c === "-" ? inner.trimEnd() : inner);
      return `{%${a} if true %}${mark}{% endif ${d}%}`;
    },
  );
  let hasGeneration = false;
  const tags = raw
    .replace(
      /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g,
      (_, a: string, end: string | undefined, b: string) => {
        hasGeneration = true;
        return `{%${a} if true %}${end === undefined ? open : close}{% endif ${b}%}`;
      },
    )
    .replace(/(\{%[-+]?\s*)with\s+([\s\S]*?)(\s*[-+]?%\})/g, (_, a: string, given: string, b: string) => {
      const pairs = given
        .split(/,\s*(?=\w+\s*=[^=])/)
        .map((pair) => /^(\w+)\s*=([\s\S]*)$/.exec(pair.trim()));
      if (pairs.includes(null)) return fail("a with block needs name = value");
      const names = pairs.map((pair) => pair![1]).join(", ");
      const values = pairs.map((pair) => pair![2]).join(", ");
      return `${a}for ${names} in [${pairs.length > 1 ? `(${values})` : values}]${b}`;
    })
    .replace(/(\{%[-+]?\s*)endwith(\s*[-+]?%\})/g, "$1endfor$2")
    .replace(/\{%\+/g, `${nothing}{%`)
    .replace(/\+%\}/g, `%}${nothing}`)
    .replace(/\{[{%][\s\S]*?[}%]\}/g, unescapeStrings);
  return { template: tags, marks, hasGeneration };
}

/** `\x41` and `\u00e9` in strings as the character, a line break behind a backslash as nothing. */
const unescapeStrings = (tag: string): string =>
  tag.replace(/\\(?:(\n)|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|[\s\S])/g, (all, line, two, four) => {
    if (line !== undefined) return "";
    if (two === undefined && four === undefined) return all;
    const character = String.fromCharCode(Number.parseInt(two ?? four, 16));
    return /['"\\]/.test(character) ? `\\${character}` : character === "\n" ? "\\n" : character;
  });

const KEYWORDS = new Set(["and", "or", "not", "if", "else", "is", "in"]);
const BEHIND_TEST = new Set(["else", "or", "and", "not", "in"]);

export function prepareTokens(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  const name = (token: Token | undefined): string | undefined =>
    token?.type === "Identifier" ? token.value : undefined;
  const make = (type: string, value: string): Token => ({ type, value }) as Token;
  const begins = (token: Token | undefined): boolean => {
    const word = name(token);
    if (word !== undefined) return !BEHIND_TEST.has(word);
    return ["NumericLiteral", "StringLiteral", "OpenSquareBracket", "OpenCurlyBracket"].includes(
      token?.type ?? "",
    );
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const next = tokens[i + 1];
    const word = name(next);
    if (token.type === "NumericLiteral" && word !== undefined && /^(?:[eE]\d+|(?:_\d+)+)$/.test(word)) {
      const number = token.value + word.replaceAll("_", "");
      const value = Number(number);
      out.push(
        make(
          "NumericLiteral",
          /e/i.test(word)
            ? value.toLocaleString("fullwide", { useGrouping: false, minimumFractionDigits: 1 })
            : number,
        ),
      );
      i++;
      continue;
    }
    if (token.type === "Comma" && next?.type === "CloseParen") {
      const opened = openingOf(out);
      const called =
        ["Identifier", "CloseParen", "CloseSquareBracket"].includes(out[opened - 1]?.type ?? "") &&
        !KEYWORDS.has(name(out[opened - 1]) ?? "");
      if (!called && !out.slice(opened).some((t) => t.type === "Comma")) {
        out.push(next, make("Pipe", "|"), make("Identifier", "tuple:"));
        i++;
      }
      continue;
    }
    if (name(token) === "is" && word !== undefined) {
      const negated = word === "not";
      const at = i + (negated ? 2 : 1);
      const test = name(tokens[at]);
      const behind = tokens[at + 1];
      const call = behind?.type === "OpenParen";
      if (test !== undefined && (call || begins(behind))) {
        if (KEYWORDS.has(name(behind) ?? "")) fail(`unexpected '${name(behind)}' behind a test`);
        out.push(make("Pipe", "|"), make("Identifier", `${negated ? "isnot" : "is"}:${test}`));
        i = at;
        if (!call) {
          out.push(make("OpenParen", "("), behind!, make("CloseParen", ")"));
          i++;
        }
        continue;
      }
    }
    out.push(token);
  }
  return out;
}

/** Where the parenthesis that is open at the end was opened. */
function openingOf(tokens: readonly Token[]): number {
  let depth = 0;
  for (let i = tokens.length - 1; i >= 0; i--) {
    if (tokens[i]!.type === "CloseParen") depth++;
    else if (tokens[i]!.type === "OpenParen" && depth-- === 0) return i;
  }
  return 0;
}
