/** @file GPT-4's split pattern by hand, piece for piece what the regular expression gives: `(?i:'s|'t|'re|'ve|'m|'ll|'d)
 *  |[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+` (tiktoken, cl100k_base). */

import type { CharacterClasses } from "../text/categories.js";
import { LETTER, NUMBER, OTHER, SPACE } from "../text/categories.js";
import { classAt, isAsciiLetter, runEnd, spacesEnd } from "./runs.js";
import type { Splitter } from "./splitter.js";

const CR = 0x0d;
const LF = 0x0a;

export function createGpt4Splitter(classes: CharacterClasses): Splitter {
  const pieceEnd = (bytes: Uint8Array, p: number, to: number): number => {
    const first = bytes[p]!;
    if (first === 0x27) {
      const end = contractionEnd(bytes, p, to);
      if (end !== p) return end;
    }
    const c = classAt(classes, bytes, p);
    const kind = c & 7;
    const next = p + (c >> 3);
    if (kind === LETTER) return runEnd(classes, bytes, next, to, LETTER);
    if (kind === NUMBER) return digitsEnd(classes, bytes, next, to);
    if (next < to && first !== CR && first !== LF) {
      const d = classAt(classes, bytes, next);
      if ((d & 7) === LETTER) return runEnd(classes, bytes, next + (d >> 3), to, LETTER);
      if (first === 0x20 && (d & 7) === OTHER) return symbolsEnd(classes, bytes, next, to);
    }
    if (kind === OTHER) return symbolsEnd(classes, bytes, next, to);
    const end = runEnd(classes, bytes, next, to, SPACE);
    for (let q = end - 1; q >= p; q--) if (bytes[q] === LF || bytes[q] === CR) return q + 1;
    return spacesEnd(bytes, p, end, to);
  };
  return (bytes, from, to, ends) => {
    const capacity = ends.length;
    let count = 0;
    let p = from;
    while (p < to && count < capacity) {
      const word = bytes[p] === 0x20 ? p + 1 : p;
      let end = word;
      // The common piece, an ASCII word with or without its space; bytes[to] is no letter.
      while (isAsciiLetter(bytes[end]!)) end++;
      if (end === word || bytes[end]! >= 0x80) end = pieceEnd(bytes, p, to);
      ends[count++] = end;
      p = end;
    }
    return count;
  };
}

/** `\p{N}{1,3}` whose first digit ends at `p`. */
function digitsEnd(classes: CharacterClasses, bytes: Uint8Array, p: number, to: number): number {
  for (let digits = 1; digits < 3 && p < to; digits++) {
    const c = classAt(classes, bytes, p);
    if ((c & 7) !== NUMBER) break;
    p += c >> 3;
  }
  return p;
}

/** `[^\s\p{L}\p{N}]*[\r\n]*` from `p` on. */
function symbolsEnd(classes: CharacterClasses, bytes: Uint8Array, p: number, to: number): number {
  let end = runEnd(classes, bytes, p, to, OTHER);
  while (end < to && (bytes[end] === CR || bytes[end] === LF)) end++;
  return end;
}

/** End of a contraction in either case at `p` (U+017F folds to s), or `p`. */
function contractionEnd(bytes: Uint8Array, p: number, to: number): number {
  if (p + 1 >= to) return p;
  const a = bytes[p + 1]! | 0x20;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return p + 2;
  if (p + 2 >= to) return p;
  if (bytes[p + 1] === 0xc5 && bytes[p + 2] === 0xbf) return p + 3;
  const b = bytes[p + 2]! | 0x20;
  if ((b === 0x65 && (a === 0x72 || a === 0x76)) || (a === 0x6c && b === 0x6c)) return p + 3;
  return p;
}
