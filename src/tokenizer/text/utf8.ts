/** @file Text as UTF-8 in a buffer that is used again and again, a block at a time, so that the hot loops read bytes
 *  that lie in the cache. A lone surrogate becomes U+FFFD, as everywhere in UTF-8. */

import type { CharacterClasses } from "./categories.js";
import { LETTER } from "./categories.js";

/** Bytes that may be read (never used) behind the last one: the word table reads eight at a time. */
const SLACK = 16;
const BLOCK_UNITS = 1 << 15;

export interface Utf8Buffer {
  bytes: Uint8Array;
  view: DataView;
  /** Writes the text and a zero at the start of `bytes`; returns the length of the text in bytes. */
  fill(text: string): number;
}

export function createUtf8Buffer(): Utf8Buffer {
  const encoder = new TextEncoder();
  const make = (capacity: number) => {
    const bytes = new Uint8Array(capacity);
    return { bytes, view: new DataView(bytes.buffer) };
  };
  const buffer: Utf8Buffer = {
    ...make(4096),
    fill(text) {
      const needed = text.length * 3 + SLACK;
      if (buffer.bytes.length < needed)
        Object.assign(buffer, make(Math.max(needed, buffer.bytes.length * 2)));
      const length = encoder.encodeInto(text, buffer.bytes).written;
      buffer.bytes[length] = 0;
      return length;
    },
  };
  return buffer;
}

/** Where the block that starts at code unit `from` may end: behind a letter and before something that is none, which
 *  is a boundary in each of the published patterns whatever follows; or at the end of the text. */
export function blockEnd(text: string, from: number, classes: CharacterClasses): number {
  const limit = from + BLOCK_UNITS;
  if (limit >= text.length) return text.length;
  for (let i = limit; i > from + BLOCK_UNITS / 2; i--) if (isCut(text, i, classes)) return i;
  for (let i = limit + 1; i < text.length; i++) if (isCut(text, i, classes)) return i;
  return text.length;
}

function isCut(text: string, at: number, classes: CharacterClasses): boolean {
  const before = text.charCodeAt(at - 1);
  const behind = text.charCodeAt(at);
  if (classes.classOf(before) !== LETTER || (behind >= 0xd800 && behind < 0xe000)) return false;
  return classes.classOf(behind) !== LETTER;
}
