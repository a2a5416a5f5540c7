/** @file Cutting text at the matches of a pattern: what becomes of the matches themselves is the behaviour. */

import { type AlignedText, sliceAligned } from "../text/aligned.js";

export const BEHAVIORS = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;
export type Behavior = (typeof BEHAVIORS)[number];

/** `matches` is [s0, e0, s1, e1, …]; with `invert`, what lies between the matches counts as matched. */
export function cutAt(
  piece: AlignedText,
  matches: readonly number[],
  behavior: Behavior,
  invert = false,
): AlignedText[] {
  const parts = allParts(piece.text.length, matches, invert);
  const joined = join(parts, behavior);
  return joined.map(([start, end]) => sliceAligned(piece, start, end));
}

type Part = [start: number, end: number, matched: boolean];

/** Matches and what lies between, from end to end. */
function allParts(length: number, matches: readonly number[], invert: boolean): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (let i = 0; i < matches.length; i += 2) {
    const [start, end] = [matches[i]!, matches[i + 1]!];
    if (done !== start) parts.push([done, start, invert]);
    parts.push([start, end, !invert]);
    done = end;
  }
  if (done !== length) parts.push([done, length, invert]);
  return parts;
}

function join(parts: Part[], behavior: Behavior): Part[] {
  switch (behavior) {
    case "Isolated":
      return parts;
    case "Removed":
      return parts.filter(([, , matched]) => !matched);
    case "Contiguous":
      return joinIf(parts, (matched, before) => matched === before);
    case "MergedWithPrevious":
      return joinIf(parts, (matched, before) => matched && !before);
    case "MergedWithNext":
      return joinIf(parts.reverse(), (matched, before) => matched && !before).reverse();
  }
}

/** Joins a part to the one before it where `joins` says so. The parts may run from right to left. */
function joinIf(parts: readonly Part[], joins: (matched: boolean, before: boolean) => boolean): Part[] {
  const joined: Part[] = [];
  let before = false;
  for (const [start, end, matched] of parts) {
    const last = joined.at(-1);
    if (last !== undefined && joins(matched, before)) {
      last[0] = Math.min(last[0], start);
      last[1] = Math.max(last[1], end);
    } else joined.push([start, end, matched]);
    before = matched;
  }
  return joined;
}

/** Places of the single characters that a global regular expression (flag `u`) finds. */
export function characterMatches(text: string, regex: RegExp): number[] {
  const found: number[] = [];
  regex.lastIndex = 0;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text))
    found.push(match.index, match.index + match[0].length);
  return found;
}
