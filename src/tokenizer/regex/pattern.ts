/** @file What is looked for in a text: a string, or a regular expression as Oniguruma matches it. */

import { UserError } from "../../platform/errors.js";
import { type Dialect, parseRegex } from "./parse.js";
import { RegexError } from "./syntax.js";
import { toJavaScript } from "./toJavaScript.js";

export interface Pattern {
  /** Start and end of each match, from left to right: [s0, e0, s1, e1, …]. An empty match does not stand directly behind
   *  another match. */
  matches(text: string): number[];
}

export function stringPattern(wanted: string): Pattern {
  if (wanted === "") return regexPattern("");
  return {
    matches(text) {
      const found: number[] = [];
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length))
        found.push(at, at + wanted.length);
      return found;
    },
  };
}

export interface PatternPlace {
  readonly file?: string | undefined;
  readonly at?: string | undefined;
}

/** Throws UserError `invalid-pattern` for what Oniguruma would refuse, or what has no counterpart here. */
export function regexPattern(
  source: string,
  place: PatternPlace = {},
  dialect: Dialect = "oniguruma",
): Pattern {
  let regex: RegExp;
  try {
    regex = new RegExp(toJavaScript(parseRegex(source, dialect)), "gv");
  } catch (cause) {
    throw new UserError({
      code: "invalid-pattern",
      ...place,
      message: `is no regular expression that can be used: ${(cause as Error).message}${cause instanceof RegexError ? ` (at character ${cause.at + 1})` : ""}`,
      found: source,
      expected: "Oniguruma's syntax",
      fix: "correct the pattern",
      cause,
    });
  }
  return { matches: (text) => findAll(regex, text) };
}

function findAll(regex: RegExp, text: string): number[] {
  const found: number[] = [];
  let from = 0;
  let lastEnd = -1;
  while (from <= text.length) {
    regex.lastIndex = from;
    const match = regex.exec(text);
    if (match === null) break;
    const start = match.index;
    const end = start + match[0].length;
    if (start === end && end === lastEnd) {
      from += (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    found.push(start, end);
    from = end;
    lastEnd = end;
  }
  return found;
}
