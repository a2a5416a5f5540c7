/** @file Finding added tokens in a text: leftmost, and longest among those that begin together. A token may take the white
 *  space beside it; what is matched behind it may then lie inside that space, and overlap, as in Hugging Face's library. */

import type { AddedToken } from "../tokenizer.js";

/** [id, start, end] of each match, and [-1, start, end] of the text between. */
export type Section = readonly [id: number, start: number, end: number];

/** `blocked` says where in the text a spelling is text, in a section of its own. */
export type Matcher = (text: string, blocked?: (at: number) => boolean) => readonly Section[];

export interface Spelled {
  readonly token: AddedToken;
  /** What is looked for: the token's content, or what the normaliser makes of it. */
  readonly spelling: string;
}

export function createMatcher(all: readonly Spelled[]): Matcher {
  const byFirst = new Map<string, Spelled[]>();
  const seen = new Set<string>();
  for (const spelled of all) {
    if (spelled.spelling === "" || seen.has(spelled.spelling)) continue;
    seen.add(spelled.spelling);
    const list = byFirst.get(spelled.spelling[0]!);
    if (list === undefined) byFirst.set(spelled.spelling[0]!, [spelled]);
    else list.push(spelled);
  }
  if (seen.size === 0) return (text) => (text === "" ? [] : [[-1, 0, text.length]]);
  for (const list of byFirst.values()) list.sort((a, b) => b.spelling.length - a.spelling.length);
  const units = [...byFirst.keys()].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const beginnings = new RegExp(`[${units.join("")}]`, "g");
  return (text, blocked) => {
    const sections: Section[] = [];
    let done = 0;
    beginnings.lastIndex = 0;
    for (let hit = beginnings.exec(text); hit !== null; hit = beginnings.exec(text)) {
      const at = hit.index;
      const found = byFirst.get(text[at]!)!.find(({ spelling }) => text.startsWith(spelling, at));
      if (found === undefined) continue;
      const end = at + found.spelling.length;
      beginnings.lastIndex = end;
      const { token } = found;
      if (blocked?.(at)) {
        if (done < at) sections.push([-1, done, at]);
        sections.push([-1, at, end]);
        done = end;
        continue;
      }
      if (token.singleWord && (endsInWord(text, at) || startsWithWord(text, end))) continue;
      const from = token.lstrip ? Math.max(done, spacesBefore(text, at)) : at;
      const to = token.rstrip ? spacesBehind(text, end) : end;
      if (done < from) sections.push([-1, done, from]);
      sections.push([token.id, from, to]);
      done = to;
    }
    if (done !== text.length) sections.push([-1, done, text.length]);
    return sections;
  };
}

/** Letters, marks, digits, connectors and joiners. */
const WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

function endsInWord(text: string, at: number): boolean {
  if (at === 0) return false;
  const low = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00;
  return WORD.test(text.slice(low ? at - 2 : at - 1, at));
}

function startsWithWord(text: string, at: number): boolean {
  return at < text.length && WORD.test(text.slice(at, at + 2));
}

function spacesBefore(text: string, at: number): number {
  let from = at;
  while (from > 0 && SPACE.test(text[from - 1]!)) from--;
  return from;
}

function spacesBehind(text: string, at: number): number {
  let to = at;
  while (to < text.length && SPACE.test(text[to]!)) to++;
  return to;
}
