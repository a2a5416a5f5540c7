/** @file The end of a run of characters of one class, in UTF-8; the inner loop of the splitters. */

import type { CharacterClasses } from "../text/categories.js";
import { wideClass } from "../text/categories.js";

/** First position from `p` on that is not of class `wanted`. */
export function runEnd(
  classes: CharacterClasses,
  bytes: Uint8Array,
  p: number,
  to: number,
  wanted: number,
): number {
  const ascii = classes.ascii;
  while (p < to) {
    const c = ascii[bytes[p]!]!;
    if (c === wanted) p++;
    else if (c !== 0) break;
    else {
      const wide = wideClass(classes, bytes, p);
      if ((wide & 7) !== wanted) break;
      p += wide >> 3;
    }
  }
  return p;
}

/** End of the piece for `\s+(?!\S)|\s+` where a run of white space is [p, end): the whole run at the end of the text or
 *  if it is one character, else all but its last character, which goes to the next piece. */
export function spacesEnd(bytes: Uint8Array, p: number, end: number, to: number): number {
  if (end === to) return end;
  let last = end - 1;
  while ((bytes[last]! & 0xc0) === 0x80) last--;
  return last === p ? end : last;
}

/** Class of the character at `p` plus 8 × its length. */
export function classAt(classes: CharacterClasses, bytes: Uint8Array, p: number): number {
  const c = classes.ascii[bytes[p]!]!;
  return c !== 0 ? c | 8 : wideClass(classes, bytes, p);
}

export function isAsciiLetter(byte: number): boolean {
  return ((byte | 0x20) - 0x61) >>> 0 < 26;
}
