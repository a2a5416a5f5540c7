/** @file The four classes of characters that GPT-2's and GPT-4's split patterns tell apart: letter (\p{L}), number
 *  (\p{N}), white space (Unicode White_Space, which is `\s` of Oniguruma and Rust; JavaScript's own `\s` has U+FEFF and
 *  lacks U+0085), and everything else. A table over all code points, filled a page of 256 at a time when first needed. */

export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
export const OTHER = 4;

export interface CharacterClasses {
  /** Class of each ASCII byte; 0 for the bytes from 128 on. [256] */
  readonly ascii: Uint8Array;
  /** Class of each code point, 0 where the page was not made yet: then ask `classOf`. [0x110000] */
  readonly table: Uint8Array;
  classOf(codePoint: number): number;
}

export function createCharacterClasses(): CharacterClasses {
  const table = new Uint8Array(0x110000);
  const classOf = (codePoint: number): number => {
    if (table[codePoint] === 0) fillPage(table, codePoint & ~255);
    return table[codePoint]!;
  };
  const ascii = new Uint8Array(256);
  for (let c = 0; c < 128; c++) ascii[c] = classOf(c);
  return { ascii, table, classOf };
}

/** Runs of each class in the page's characters joined. Surrogates alone are U+FFFD once in UTF-8: the class is the same
 *  (everything else). */
function fillPage(table: Uint8Array, first: number): void {
  let page = "";
  for (let c = first; c < first + 256; c++) page += String.fromCodePoint(c);
  const units = first > 0xffff ? 2 : 1;
  table.fill(OTHER, first, first + 256);
  const mark = (runs: RegExp, kind: number) => {
    for (const run of page.matchAll(runs)) {
      const from = first + run.index / units;
      table.fill(kind, from, from + run[0].length / units);
    }
  };
  mark(/\p{L}+/gu, LETTER);
  mark(/\p{N}+/gu, NUMBER);
  mark(/\p{White_Space}+/gu, SPACE);
}

/** Class of the non-ASCII character whose UTF-8 starts at `p`, plus 8 × its length in bytes. */
export function wideClass(classes: CharacterClasses, bytes: Uint8Array, p: number): number {
  const b = bytes[p]!;
  let codePoint: number;
  let length: number;
  if (b < 0xe0) {
    codePoint = ((b & 31) << 6) | (bytes[p + 1]! & 63);
    length = 16;
  } else if (b < 0xf0) {
    codePoint = ((b & 15) << 12) | ((bytes[p + 1]! & 63) << 6) | (bytes[p + 2]! & 63);
    length = 24;
  } else {
    codePoint =
      ((b & 7) << 18) | ((bytes[p + 1]! & 63) << 12) | ((bytes[p + 2]! & 63) << 6) | (bytes[p + 3]! & 63);
    length = 32;
  }
  const c = classes.table[codePoint]!;
  return (c !== 0 ? c : classes.classOf(codePoint)) | length;
}
