/** @file Distinct words with how often each occurs: all that training keeps of the corpus. */

import { growable } from "../text/growable.js";

/** Word w is `letters[starts[w], starts[w + 1])`, code points, and occurs `counts[w]` times. */
export interface WordCounts {
  readonly letters: Int32Array;
  readonly starts: Int32Array;
  readonly counts: Float64Array;
}

/** Word w is the UTF-8 `bytes[starts[w], starts[w + 1])`, and occurs `counts[w]` times. */
export interface WordTable {
  readonly bytes: Uint8Array;
  readonly starts: Float64Array;
  readonly counts: Float64Array;
}

/** Takes a word as a range of bytes; they are valid only during the call. */
export type WordVisitor = (bytes: Uint8Array, start: number, end: number, count: number) => void;

export function forEachWord(table: WordTable, visit: WordVisitor): void {
  const { bytes, starts, counts } = table;
  for (let w = 0; w < counts.length; w++) visit(bytes, starts[w]!, starts[w + 1]!, counts[w]!);
}

/** A table built word by word. */
export function createTableBuilder(): { readonly add: WordVisitor; table(): WordTable } {
  let bytes: Uint8Array = new Uint8Array(1 << 12);
  let starts: Float64Array = new Float64Array(1 << 10);
  let counts: Float64Array = new Float64Array(1 << 10);
  let size = 0;
  let used = 0;
  return {
    add(from, start, end, count) {
      bytes = growable(bytes, used + end - start);
      for (let i = start; i < end; i++) bytes[used++] = from[i]!;
      counts = growable(counts, size + 1);
      starts = growable(starts, size + 2);
      counts[size] = count;
      starts[++size] = used;
    },
    table: () => ({
      bytes: bytes.subarray(0, used),
      starts: starts.subarray(0, size + 1),
      counts: counts.subarray(0, size),
    }),
  };
}

/** Order of the bytes, which in UTF-8 is that of the code points. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** The words in the order of their bytes. */
export function sortTable({ bytes, starts, counts }: WordTable): WordTable {
  const size = counts.length;
  const beginnings = new Float64Array(size); // the first six bytes as a number: most comparisons end there
  for (let w = 0; w < size; w++) {
    let key = 0;
    for (let i = 0; i < 6; i++) {
      const at = starts[w]! + i;
      key = key * 256 + (at < starts[w + 1]! ? bytes[at]! : 0);
    }
    beginnings[w] = key;
  }
  const order = new Uint32Array(size);
  for (let w = 0; w < size; w++) order[w] = w;
  order.sort(
    (a, b) =>
      beginnings[a]! - beginnings[b]! ||
      compareBytes(bytes, starts[a]!, starts[a + 1]!, bytes, starts[b]!, starts[b + 1]!),
  );
  const sorted = createTableBuilder();
  for (const w of order) sorted.add(bytes, starts[w]!, starts[w + 1]!, counts[w]!);
  return sorted.table();
}

/** Each byte as the letter `letterOf[byte]`. */
export function byteWordCounts(table: WordTable, letterOf: readonly number[]): WordCounts {
  const map = Int32Array.from(letterOf);
  const letters = new Int32Array(table.bytes.length);
  for (let i = 0; i < letters.length; i++) letters[i] = map[table.bytes[i]!]!;
  return { letters, starts: Int32Array.from(table.starts), counts: table.counts };
}

/** Each character as a letter. */
export function characterWordCounts({ bytes, starts, counts }: WordTable): WordCounts {
  let total = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) total++;
  const letters = new Int32Array(total);
  const places = new Int32Array(counts.length + 1);
  let n = 0;
  for (let w = 0; w < counts.length; w++) {
    for (let i = starts[w]!; i < starts[w + 1]!; ) {
      const lead = bytes[i++]!;
      const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      let codePoint = more === 0 ? lead : lead & (0x3f >> more);
      for (let k = 0; k < more; k++) codePoint = codePoint * 64 + (bytes[i++]! & 0x3f);
      letters[n++] = codePoint;
    }
    places[w + 1] = n;
  }
  return { letters, starts: places, counts };
}

/** The words as strings with their counts. */
export function wordStrings(table: WordTable): [word: string, count: number][] {
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  const words: [string, number][] = [];
  forEachWord(table, (bytes, start, end, count) => {
    words.push([text.decode(bytes.subarray(start, end)), count]);
  });
  return words;
}
