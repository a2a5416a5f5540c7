/** @file GPT-2's split pattern by hand: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
 *  piece for piece what the regular expression gives (Radford et al. 2019). */

import type { CharacterClasses } from "../text/categories.js";
import { SPACE } from "../text/categories.js";
import { classAt, isAsciiLetter, runEnd, spacesEnd } from "./runs.js";
import type { Splitter } from "./splitter.js";

export function createGpt2Splitter(classes: CharacterClasses): Splitter {
  return (bytes, from, to, ends) => {
    const capacity = ends.length;
    let count = 0;
    let p = from;
    while (p < to && count < capacity) {
      const first = bytes[p]!;
      const word = first === 0x20 ? p + 1 : p;
      let end = word;
      // The common piece, an ASCII word with or without its space; bytes[to] is no letter.
      while (isAsciiLetter(bytes[end]!)) end++;
      if (end === word || bytes[end]! >= 0x80) end = otherEnd(bytes, p, to, first);
      ends[count++] = end;
      p = end;
    }
    return count;
  };

  function otherEnd(bytes: Uint8Array, p: number, to: number, first: number): number {
    if (first === 0x27) {
      const end = contractionEnd(bytes, p, to);
      if (end !== p) return end;
    }
    const start = first === 0x20 && p + 1 < to ? p + 1 : p;
    const c = classAt(classes, bytes, start);
    if ((c & 7) !== SPACE) return runEnd(classes, bytes, start + (c >> 3), to, c & 7);
    return spacesEnd(bytes, p, runEnd(classes, bytes, p, to, SPACE), to);
  }
}

/** End of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `p`, or `p`. */
function contractionEnd(bytes: Uint8Array, p: number, to: number): number {
  if (p + 1 >= to) return p;
  const a = bytes[p + 1]!;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return p + 2;
  if (p + 2 >= to) return p;
  const b = bytes[p + 2]!;
  if ((b === 0x65 && (a === 0x72 || a === 0x76)) || (a === 0x6c && b === 0x6c)) return p + 3;
  return p;
}
