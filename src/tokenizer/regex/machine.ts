/** @file Matching in time that grows with the text, whatever the pattern: the ways are tried in the order in which
 *  backtracking tries them, but no state (place in the program, place in the text) is tried twice. A state that failed once
 *  fails always, also for a match that begins later, since nothing else is remembered. (Cox 2010, "bit state".) */

import { UserError } from "../../platform/errors.js";
import type { Instruction, Program } from "./program.js";
import { WORD } from "./properties.js";
import type { Anchor } from "./syntax.js";

/** Bits of the table of states: 128 MiB. */
const MOST_STATES = 2 ** 30;
/** Only inner programs (look-around and atomic groups) with repeats of their own can take so many. */
const STEPS_AT_LEAST = 5_000_000;
const STEPS_A_CHARACTER = 200;

/** Start and end of each match, as `Pattern.matches` gives them. */
export function runMachine(program: Program, text: string): number[] {
  const run = createRunner(text);
  const found: number[] = [];
  let from = 0;
  let lastEnd = -1;
  while (from <= text.length) {
    let start = from;
    let end = -1;
    for (; start <= text.length; start = next(text, start)) {
      end = run(program, start);
      if (end >= 0) break;
    }
    if (end < 0) break;
    if (end === start && end === lastEnd) {
      from = next(text, from);
      continue;
    }
    found.push(start, end);
    from = end;
    lastEnd = end;
  }
  return found;
}

const next = (text: string, at: number): number => at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
const isPairEnd = (text: string, at: number): boolean =>
  at >= 2 && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800;

/** End of the match of a program at a place, -1 if there is none. Places of the outer program only grow, so that what led
 *  to a match is not asked for again; `again`: what an inner program tried before it matched may be. */
type Runner = (program: Program, start: number, again?: boolean) => number;

function createRunner(text: string): Runner {
  const tables = new Map<Program, Uint32Array>();
  /** What inner programs gave at a place: end + 1, or 0. */
  const results = new Map<Program, Map<number, number>>();
  const tableOf = (program: Program): Uint32Array => {
    let table = tables.get(program);
    if (table === undefined) {
      const states = program.code.length * (text.length + 1);
      if (states > MOST_STATES) refuseText(text.length, Math.floor(MOST_STATES / program.code.length));
      table = new Uint32Array(Math.ceil(states / 32));
      tables.set(program, table);
    }
    return table;
  };

  const inner = (program: Program, start: number): number => {
    let known = results.get(program);
    if (known === undefined) {
      known = new Map();
      results.set(program, known);
    }
    let end = known.get(start);
    if (end === undefined) {
      end = run(program, start, true);
      known.set(start, end);
    }
    return end;
  };

  let steps = 0;
  const most = STEPS_AT_LEAST + STEPS_A_CHARACTER * text.length;
  const run: Runner = (program, start, again = false) => {
    const tried: number[] = [];
    const { code, backward } = program;
    const visited = tableOf(program);
    const size = code.length;
    const stack: number[] = [0, start];
    while (stack.length > 0) {
      let at = stack.pop()!;
      let pc = stack.pop()!;
      for (;;) {
        const state = at * size + pc;
        const bit = 1 << (state & 31);
        if ((visited[state >>> 5]! & bit) !== 0) break;
        visited[state >>> 5]! |= bit;
        if (again) tried.push(state);
        if (++steps > most) refuseSteps(most);
        const instruction = code[pc]!;
        if (instruction.op === "match") {
          // States here led to a match; behind it, all that were tried failed.
          forget(visited, size, at);
          for (const t of tried) visited[t >>> 5]! &= ~(1 << (t & 31));
          return at;
        }
        if (instruction.op === "split") {
          stack.push(instruction.second, at);
          pc = instruction.first;
          continue;
        }
        const to = step(instruction, at, backward);
        if (to < 0) break;
        at = to;
        pc = instruction.op === "jump" ? instruction.to : pc + 1;
      }
    }
    return -1;
  };

  /** Where the text goes on, -1 if the instruction fails. */
  const step = (instruction: Instruction, at: number, backward: boolean): number => {
    switch (instruction.op) {
      case "set": {
        const from = backward ? at - (isPairEnd(text, at) ? 2 : 1) : at;
        const code = text.codePointAt(from);
        if (from < 0 || code === undefined || !instruction.has(code)) return -1;
        return backward ? from : at + (code > 0xffff ? 2 : 1);
      }
      case "anchor":
        return holds(instruction.anchor, text, at) ? at : -1;
      case "look":
        return inner(instruction.program, at) >= 0 === instruction.negated ? -1 : at;
      case "atomic":
        return inner(instruction.program, at);
      default:
        return at;
    }
  };
  return run;
}

/** All states at a place may be tried again. */
function forget(visited: Uint32Array, size: number, at: number): void {
  for (let state = at * size; state < (at + 1) * size; state++) visited[state >>> 5]! &= ~(1 << (state & 31));
}

const WORD_BEFORE = new RegExp(`[${WORD}]$`, "u");
const WORD_BEHIND = new RegExp(`^[${WORD}]`, "u");

function holds(anchor: Anchor, text: string, at: number): boolean {
  const end = text.length;
  switch (anchor) {
    case "start":
      return at === 0;
    case "end":
      return at === end;
    case "lineStart":
      return at === 0 || (text[at - 1] === "\n" && at < end);
    case "lineEnd":
      return at === end || text[at] === "\n";
    case "lastLineEnd":
      return at === end || (at === end - 1 && text[at] === "\n");
    default: {
      const edge =
        WORD_BEFORE.test(text.slice(Math.max(0, at - 2), at)) !== WORD_BEHIND.test(text.slice(at, at + 2));
      return edge === (anchor === "wordEdge");
    }
  }
}

function refuseSteps(most: number): never {
  throw new UserError({
    code: "pattern-too-slow",
    message: "a regular expression of the tokenizer does not come to an end on this text",
    expected: `at most ${most} steps`,
    fix: "simplify the pattern",
  });
}

function refuseText(found: number, most: number): never {
  throw new UserError({
    code: "text-too-long",
    message: "the text is too long for a pattern as involved as this one",
    found: `${found} characters`,
    expected: `at most ${most}`,
    fix: "cut the text, or simplify the pattern",
  });
}
