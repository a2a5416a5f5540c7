/** @file Oniguruma's dialect (its default, Ruby's), parsed: `^` and `$` are ends of lines always, `.` is all but `\n`
 *  unless (?m), `\s` `\w` `\d` are Unicode's, `[a[b]&&c]` nests and intersects, `*+` is possessive and `{2,3}+` is not.
 *  What has no counterpart here (calls, conditions, absent operators, `\K`, `\G`, `\X`) is refused. (kkos/oniguruma, doc/RE.) */

import { type CaseVariants, createCaseVariants } from "./caseFolding.js";
import { createClassParser } from "./parseClass.js";
import { createEscapes } from "./parseEscape.js";
import { type Node, RegexError } from "./syntax.js";

export interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

/** The pattern being read, and the place. */
export interface Reader {
  readonly pattern: string;
  readonly dialect: Dialect;
  at: number;
  /** Upper and lower case variants, made when first needed. */
  variants(): CaseVariants;
  fail(message: string, at?: number): never;
}

const DEEPEST = 200;

/** Rust's crates (fancy-regex, which tiktoken uses) differ: `^` and `$` are the ends of the text, `{1,3}+` is possessive. */
export type Dialect = "oniguruma" | "rust";

export function parseRegex(pattern: string, dialect: Dialect = "oniguruma"): Node {
  let variants: CaseVariants | undefined;
  const reader: Reader = {
    pattern,
    dialect,
    at: 0,
    variants: () => (variants ??= createCaseVariants()),
    fail: (message, at = reader.at) => {
      throw new RegexError(message, at);
    },
  };
  const groups = new Map<string, number>();
  const named = /\(\?<[A-Za-z_]/.test(pattern);
  const state = { groups, named, count: 0, depth: 0, references: [] as { index: number; at: number }[] };
  const node = parseChoice(reader, state, { ignoreCase: false, dotAll: false, extended: false });
  if (reader.at < pattern.length) reader.fail("unmatched close parenthesis");
  for (const { index, at } of state.references)
    if (index > state.count) reader.fail(`there is no group ${index}`, at);
  return node;
}

interface State {
  readonly groups: Map<string, number>;
  /** With named groups, plain ones do not capture. */
  readonly named: boolean;
  count: number;
  depth: number;
  readonly references: { index: number; at: number }[];
}

function parseChoice(reader: Reader, state: State, flags: Flags): Node {
  if (++state.depth > DEEPEST) reader.fail("too deeply nested");
  const parts: Node[] = [];
  let here = flags;
  let sequence: Node[] = [];
  const { pattern } = reader;
  for (;;) {
    const c = pattern[reader.at];
    if (c === undefined || c === ")") break;
    if (c === "|") {
      reader.at++;
      parts.push({ kind: "sequence", parts: sequence });
      sequence = [];
      continue;
    }
    const option = /^\(\?([imx]*)(?:-([imx]*))?\)/.exec(pattern.slice(reader.at, reader.at + 10));
    if (option !== null) {
      // Holds to the end of the group, further branches included.
      reader.at += option[0].length;
      here = withFlags(here, option[1]!, option[2] ?? "");
      continue;
    }
    if (here.extended && skipLayout(reader)) continue;
    const atom = parseAtom(reader, state, here);
    if (atom !== undefined) sequence.push(parseQuantifiers(reader, atom, here));
  }
  parts.push({ kind: "sequence", parts: sequence });
  state.depth--;
  return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const set = (letter: string, now: boolean) =>
    off.includes(letter) ? false : on.includes(letter) ? true : now;
  return {
    ignoreCase: set("i", flags.ignoreCase),
    dotAll: set("m", flags.dotAll),
    extended: set("x", flags.extended),
  };
}

function skipLayout(reader: Reader): boolean {
  const layout = /^(?:\s+|#[^\n]*)/.exec(reader.pattern.slice(reader.at));
  if (layout === null) return false;
  reader.at += layout[0].length;
  return true;
}

function parseAtom(reader: Reader, state: State, flags: Flags): Node | undefined {
  const { pattern } = reader;
  const c = pattern[reader.at]!;
  if (c === "(") return parseGroup(reader, state, flags);
  if (c === "[") return { kind: "set", set: createClassParser(reader, flags).parse() };
  if (c === "\\") {
    const escapes = createEscapes(reader, flags);
    const reference = escapes.reference(state.groups);
    if (reference !== undefined) {
      state.references.push({ index: reference, at: reader.at });
      return { kind: "reference", index: reference };
    }
    return escapes.atom();
  }
  if (c === "*" || c === "+" || c === "?") reader.fail("target of repeat operator is not specified");
  const character = String.fromCodePoint(pattern.codePointAt(reader.at)!);
  reader.at += character.length;
  const lines = reader.dialect === "oniguruma";
  if (c === "^") return { kind: "anchor", anchor: lines ? "lineStart" : "start" };
  if (c === "$") return { kind: "anchor", anchor: lines ? "lineEnd" : "end" };
  if (c === ".") return { kind: "set", set: flags.dotAll ? String.raw`[\p{Any}]` : String.raw`[^\n]` };
  return literal(reader, flags, character.codePointAt(0)!);
}

export function literal(reader: Reader, flags: Flags, codePoint: number): Node {
  const all = flags.ignoreCase ? (reader.variants().get(codePoint) ?? [codePoint]) : [codePoint];
  return { kind: "set", set: `[${all.map(hex).join("")}]` };
}

export const hex = (codePoint: number): string => `\\u{${codePoint.toString(16)}}`;

function parseGroup(reader: Reader, state: State, flags: Flags): Node | undefined {
  const opened = reader.at;
  const head = /^\((?:\?(?:#|:|=|!|>|<=|<!|<([A-Za-z_]\w*)>|([imx]*)(?:-([imx]*))?:))?/.exec(
    reader.pattern.slice(opened),
  )!;
  const said = head[0];
  if (said === "(" && reader.pattern[opened + 1] === "?")
    reader.fail("this kind of group is not supported", opened);
  reader.at += said.length;
  if (said === "(?#") {
    const end = reader.pattern.indexOf(")", reader.at);
    if (end < 0) reader.fail("a comment has no end", opened);
    reader.at = end + 1;
    return undefined;
  }
  const capturing = (said === "(" && !state.named) || head[1] !== undefined;
  const index = capturing ? ++state.count : 0;
  if (head[1] !== undefined) state.groups.set(head[1], index);
  const inner = head[2] !== undefined && said !== "(?:" ? withFlags(flags, head[2], head[3] ?? "") : flags;
  const part = parseChoice(reader, state, inner);
  if (reader.pattern[reader.at] !== ")") reader.fail("end pattern with unmatched parenthesis", opened);
  reader.at++;
  if (capturing) return { kind: "capture", part, index };
  if (said === "(?>") return { kind: "atomic", part };
  const look = /^\(\?(<?)([=!])$/.exec(said);
  if (look === null) return part;
  return { kind: "look", part, behind: look[1] === "<", negated: look[2] === "!" };
}

function parseQuantifiers(reader: Reader, atom: Node, flags: Flags): Node {
  let node = atom;
  for (;;) {
    if (flags.extended && skipLayout(reader)) continue;
    const rest = reader.pattern.slice(reader.at, reader.at + 24);
    const simple = /^([*+?])([?+]?)/.exec(rest);
    if (simple !== null) {
      reader.at += simple[0].length;
      const [min, max] = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[simple[1]!]!;
      const mode = simple[2] === "?" ? "lazy" : simple[2] === "+" ? "possessive" : "greedy";
      node = { kind: "repeat", part: node, min: min!, max: max!, mode };
      continue;
    }
    const counted = /^\{(?:(\d+)|(\d*),(\d*))\}(\??)/.exec(rest);
    if (counted === null || (counted[1] === undefined && counted[2] === "" && counted[3] === "")) return node;
    const exact = counted[1] !== undefined;
    const min = Number(exact ? counted[1] : counted[2] || 0);
    const max = exact ? min : counted[3] === "" ? Infinity : Number(counted[3]);
    if (min > 100_000 || (max > 100_000 && max !== Infinity)) reader.fail("too big number in repeat");
    if (max < min) reader.fail("the upper limit of a repeat is below the lower");
    const lazy = counted[4] === "?" && !exact;
    reader.at += counted[0].length - (exact && counted[4] === "?" ? 1 : 0); // `{n}?` is an optional `{n}`
    if (reader.dialect === "rust" && !lazy && reader.pattern[reader.at] === "+") {
      reader.at++;
      node = { kind: "repeat", part: node, min, max, mode: "possessive" };
      continue;
    }
    node = { kind: "repeat", part: node, min, max, mode: lazy ? "lazy" : "greedy" };
  }
}
