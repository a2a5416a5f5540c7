/** @file Distinct words of a stream of documents with how often each occurs: all that training keeps of the corpus. */

import type { Splitter } from "../pretokenizers/splitter.js";
import { createByteRangeMap, findRange, forEachRange, insertRange } from "../text/byteRangeMap.js";
import type { CharacterClasses } from "../text/categories.js";
import { growable } from "../text/growable.js";
import { blockEnd, createUtf8Buffer } from "../text/utf8.js";

/** Word w is `letters[starts[w], starts[w + 1])`, code points, and occurs `counts[w]` times. */
export interface WordCounts {
  readonly letters: Int32Array;
  readonly starts: Int32Array;
  readonly counts: Float64Array;
}

export interface ByteWordCounter {
  add(document: string): void;
  /** Distinct words so far. */
  readonly size: number;
  /** Each byte as the letter `letterOf[byte]`. */
  result(letterOf: readonly number[]): WordCounts;
}

/** Counts the pieces of a splitter that may work in blocks (see `blockEnd`). */
export function createByteWordCounter(split: Splitter, classes: CharacterClasses): ByteWordCounter {
  const utf8 = createUtf8Buffer();
  const ends = new Int32Array(4096);
  const map = createByteRangeMap();
  let counts = new Float64Array(1 << 12);
  const count = (bytes: Uint8Array, view: DataView, from: number, pieces: number): void => {
    let start = from;
    for (let k = 0; k < pieces; k++) {
      const end = ends[k]!;
      const slot = findRange(map, view, start, end - start);
      if (slot >= 0) counts[map.slots[slot + 3]!]!++;
      else {
        counts = growable(counts, map.size + 1);
        counts[map.size] = 1;
        insertRange(map, slot, bytes, view, start, end - start, map.size);
      }
      start = end;
    }
  };
  return {
    add(document) {
      for (let at = 0; at < document.length; ) {
        const stop = blockEnd(document, at, classes);
        const to = utf8.fill(document.slice(at, stop));
        for (let from = 0; from < to; ) {
          const pieces = split(utf8.bytes, from, to, ends);
          count(utf8.bytes, utf8.view, from, pieces);
          from = ends[pieces - 1]!;
        }
        at = stop;
      }
    },
    get size() {
      return map.size;
    },
    result(letterOf) {
      const keys = new Array<Uint8Array>(map.size);
      let total = 0;
      forEachRange(map, (key, value) => {
        keys[value] = key.slice();
        total += key.length;
      });
      const letters = new Int32Array(total);
      const starts = new Int32Array(map.size + 1);
      let n = 0;
      keys.forEach((key, w) => {
        for (const byte of key) letters[n++] = letterOf[byte]!;
        starts[w + 1] = n;
      });
      return { letters, starts, counts: counts.slice(0, map.size) };
    },
  };
}
