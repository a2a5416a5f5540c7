/** @file What is looked for in a text: a string, or a regular expression as Oniguruma matches it. */

import { UserError } from "../../platform/errors.js";
import { GPT2_PATTERN, GPT4_PATTERN, O200K_PATTERN, QWEN2_PATTERN } from "../pretokenizers/patterns.js";
import { runMachine } from "./machine.js";
import { type Dialect, parseRegex } from "./parse.js";
import { compile } from "./program.js";
import { riskOf } from "./risk.js";
import { type Node, RegexError } from "./syntax.js";
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

/** Texts up to this length are matched by backtracking even where its time may grow with their square. */
const SHORT = 1 << 14;

/** Patterns of published tokenizers, known to take time that grows with the text alone. */
const PUBLISHED = new Set([GPT2_PATTERN, GPT4_PATTERN, QWEN2_PATTERN, O200K_PATTERN]);

/** A match never takes more than time in proportion to the text: where backtracking (JavaScript's own, which is fast) might,
 *  a machine does that never tries a state twice. Throws UserError `invalid-pattern` for what Oniguruma would refuse, or
 *  what has no counterpart here: references in a pattern that could go on without end among them. */
export function regexPattern(
  source: string,
  place: PatternPlace = {},
  dialect: Dialect = "oniguruma",
): Pattern {
  const refuse = (message: string, cause?: unknown): never => {
    throw new UserError({
      code: "invalid-pattern",
      ...place,
      message: `is no regular expression that can be used: ${message}`,
      found: source,
      expected: "Oniguruma's syntax",
      fix: "correct the pattern",
      cause,
    });
  };
  let regex: RegExp;
  let root: Node;
  try {
    root = parseRegex(source, dialect);
    regex = new RegExp(toJavaScript(root), "gv");
  } catch (cause) {
    const at = cause instanceof RegexError ? ` (at character ${cause.at + 1})` : "";
    return refuse((cause as Error).message + at, cause);
  }
  const risk = PUBLISHED.has(source) ? "none" : riskOf(root);
  const program = risk === "none" ? undefined : compile(root);
  if (program === undefined && risk !== "none")
    refuse("it could go on without end, and holds a reference to a group or is too long to be made safe");
  return {
    matches(text) {
      if (program !== undefined && (risk === "any text" || text.length > SHORT))
        return runMachine(program, text);
      return findAll(regex, text);
    },
  };
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
