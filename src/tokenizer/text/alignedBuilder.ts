/** @file Makes a changed text together with its alignment. Whoever normalises reads the old text from left to right and
 *  says for each character of the new one where it comes from. */

import { type AlignedText, endAt, startAt } from "./aligned.js";
import { growable } from "./growable.js";

export interface AlignedBuilder {
  /** A character (or text) that stands for what unit `at` of the old text came from. */
  put(text: string, at: number): void;
  /** A text with a range of the original of its own. */
  putRange(text: string, start: number, end: number): void;
  /** Units [from, to) of the old text as they are. */
  keep(from: number, to: number): void;
  done(): AlignedText;
}

export function createAlignedBuilder(old: AlignedText): AlignedBuilder {
  let parts = "";
  let starts = new Int32Array(old.text.length + 16);
  let ends = new Int32Array(old.text.length + 16);
  const putRange = (text: string, start: number, end: number): void => {
    const n = parts.length;
    starts = growable(starts, n + text.length);
    ends = growable(ends, n + text.length);
    for (let i = n; i < n + text.length; i++) {
      starts[i] = start;
      ends[i] = end;
    }
    parts += text;
  };
  return {
    put: (text, at) => putRange(text, startAt(old, at), endAt(old, at)),
    putRange,
    keep(from, to) {
      const n = parts.length - from;
      starts = growable(starts, n + to);
      ends = growable(ends, n + to);
      for (let i = from; i < to; i++) {
        starts[n + i] = startAt(old, i);
        ends[n + i] = endAt(old, i);
      }
      parts += old.text.slice(from, to);
    },
    done: () => ({ text: parts, starts, ends, from: 0, origin: old.origin }),
  };
}

/** A character of the new text, and how it relates to the old one: 0 takes the place of the next old character, 1 is put
 *  in beside it (and shares the place of the character before), -n takes the place of the next one and n more go. */
export type Change = readonly [character: string, change: number];

/** The text that a list of changes makes. They may add up wrongly, as SentencePiece's rules do where they delete the first
 *  character: what is read then lies beside, never outside. */
export function applyChanges(old: AlignedText, changes: Iterable<Change>): AlignedText {
  const builder = createAlignedBuilder(old);
  const { text } = old;
  let at = 0;
  const step = (): void => {
    if (at < text.length) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  };
  for (const [character, change] of changes) {
    if (change > 0) {
      if (at === 0) builder.putRange(character, old.origin, old.origin);
      else builder.put(character, at - 1);
    } else {
      builder.put(character, Math.min(at, text.length - 1));
      for (let i = change; i <= 0; i++) step();
    }
  }
  return builder.done();
}
