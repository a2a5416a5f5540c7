/** @file Counting words: a hash table of byte ranges. When it would outgrow its memory it hands its words over and begins
 *  anew. */

import { createByteRangeMap, findRange, forEachRange, insertRange } from "../text/byteRangeMap.js";
import { growable } from "../text/growable.js";
import type { WordTable } from "./words.js";

export interface WordMap {
  /** Distinct words since the last `take`. */
  readonly size: number;
  /** Counts the word `bytes[start, start + length)`, length ≥ 1; seven bytes behind it may be read. `view` is of the same
   *  buffer. */
  count(bytes: Uint8Array, view: DataView, start: number, length: number, times?: number): void;
  /** The words, in the order they came; the map is then empty. */
  take(): WordTable;
}

const SMALLEST_MEMORY = 1 << 18;

/** `memory`: about how many bytes the map may hold. `onFull` is called with its words when it would hold more. */
export function createWordMap(memory: number, onFull: (table: WordTable) => void): WordMap {
  const limit = Math.max(memory, SMALLEST_MEMORY);
  let map = createByteRangeMap();
  let counts: Float64Array = new Float64Array(1 << 12);
  const held = () => map.slots.byteLength + map.arena.byteLength + counts.byteLength;
  const grows = (length: number) =>
    map.size * 2 > map.mask || map.arenaLength + length > map.arena.length || map.size === counts.length;
  const take = (): WordTable => {
    const { size } = map;
    const starts = new Float64Array(size + 1);
    forEachRange(map, (key, value) => {
      starts[value + 1] = key.length;
    });
    for (let w = 0; w < size; w++) starts[w + 1]! += starts[w]!;
    const bytes = new Uint8Array(starts[size]!);
    forEachRange(map, (key, value) => {
      const at = starts[value]!;
      for (let i = 0; i < key.length; i++) bytes[at + i] = key[i]!;
    });
    const table = { bytes, starts, counts: counts.slice(0, size) };
    map = createByteRangeMap();
    counts = new Float64Array(1 << 12);
    return table;
  };
  return {
    get size() {
      return map.size;
    },
    count(bytes, view, start, length, times = 1) {
      let slot = findRange(map, view, start, length);
      if (slot >= 0) {
        counts[map.slots[slot + 3]!]! += times;
        return;
      }
      if (grows(length) && held() * 2 > limit && map.size > 0) {
        onFull(take());
        slot = findRange(map, view, start, length);
      }
      counts = growable(counts, map.size + 1);
      counts[map.size] = times;
      insertRange(map, slot, bytes, view, start, length, map.size);
    },
    take,
  };
}
