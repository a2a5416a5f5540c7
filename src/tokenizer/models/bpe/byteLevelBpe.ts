/** @file Byte-level BPE as a function from text to ids: cut into pieces, look each up in a table of words already done,
 *  merge the ones that are not there. The table is bounded: it is emptied when full, which changes speed only. */

import { UserError } from "../../../platform/errors.js";
import type { IdBuffer } from "../../idBuffer.js";
import { reserveIds } from "../../idBuffer.js";
import type { Splitter } from "../../pretokenizers/splitter.js";
import {
  clearByteRangeMap,
  createByteRangeMap,
  findRange,
  HIGH_MASK,
  insertRange,
  LOW_MASK,
  shortHash,
} from "../../text/byteRangeMap.js";
import type { CharacterClasses } from "../../text/categories.js";
import { growable } from "../../text/growable.js";
import { blockEnd, createUtf8Buffer } from "../../text/utf8.js";
import type { MergeTable } from "./mergeTable.js";
import { createWordMerger } from "./mergeWord.js";

const PIECES_AT_ONCE = 4096;
/** Words kept, and the longest of them in bytes. */
const CACHED_WORDS = 1 << 17;
const LONGEST_CACHED = 256;
const FIRST_SLOTS = 1 << 14;

export interface ByteLevelBpeParts {
  readonly classes: CharacterClasses;
  readonly split: Splitter;
  /** The text may be worked on in blocks: a letter before something that is none always ends a piece. */
  readonly cutAnywhere: boolean;
  readonly merges: MergeTable;
  /** With `ignore_merges`: tokens that a whole word is before any merge is tried, by their bytes. */
  readonly wholeWords?: ReadonlyArray<readonly [bytes: Uint8Array, id: number]> | undefined;
}

/** Appends the ids of a text (no added tokens in it) to `out`. */
export type TextToIds = (text: string, out: IdBuffer) => void;

export function createByteLevelBpe(parts: ByteLevelBpeParts): TextToIds {
  const { classes, split, cutAnywhere } = parts;
  const utf8 = createUtf8Buffer();
  const ends = new Int32Array(PIECES_AT_ONCE);
  const encodePieces = createPieceEncoder(parts);
  return (text, out) => {
    for (let at = 0; at < text.length; ) {
      const stop = cutAnywhere ? blockEnd(text, at, classes) : text.length;
      const to = utf8.fill(at === 0 && stop === text.length ? text : text.slice(at, stop));
      reserveIds(out, to);
      for (let from = 0; from < to; ) {
        const count = split(utf8.bytes, from, to, ends);
        encodePieces(utf8.bytes, utf8.view, from, ends, count, out);
        from = ends[count - 1]!;
      }
      at = stop;
    }
  };
}

/** A word's value in the table: its id if it is one token, else -1 - the place in `lists`, where the number of its ids
 *  stands, then the ids. */
function createPieceEncoder(parts: ByteLevelBpeParts) {
  const { byteIds } = parts.merges;
  const words = createByteRangeMap(FIRST_SLOTS);
  const merger = createWordMerger(parts.merges);
  const complete = byteIds.every((id) => id >= 0);
  let lists = new Int32Array(1 << 10);
  let listsLength = 0;
  const seed = () => {
    for (const [bytes, id] of parts.wholeWords ?? []) {
      const padded = new Uint8Array(bytes.length + 8);
      padded.set(bytes);
      const view = new DataView(padded.buffer);
      const found = findRange(words, view, 0, bytes.length);
      if (found < 0) insertRange(words, found, padded, view, 0, bytes.length, id);
    }
  };
  seed();

  const miss = (
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    missing: number,
    out: IdBuffer,
  ) => {
    if (!complete) checkBytes(byteIds, bytes, start, end);
    const from = out.length;
    const to = merger.merge(bytes, start, end, out.ids, from);
    out.length = to;
    if (end - start > LONGEST_CACHED) return;
    const count = to - from;
    let value = out.ids[from]!;
    if (count > 1) {
      lists = growable(lists, listsLength + count + 1);
      value = -1 - listsLength;
      lists[listsLength++] = count;
      for (let i = from; i < to; i++) lists[listsLength++] = out.ids[i]!;
    }
    insertRange(words, missing, bytes, view, start, end - start, value);
    if (words.size >= CACHED_WORDS + (parts.wholeWords?.length ?? 0)) {
      clearByteRangeMap(words);
      listsLength = 0;
      seed();
    }
  };

  return (
    bytes: Uint8Array,
    view: DataView,
    from: number,
    ends: Int32Array,
    count: number,
    out: IdBuffer,
  ) => {
    let { slots, mask } = words;
    const ids = out.ids;
    let n = out.length;
    let start = from;
    for (let k = 0; k < count; k++) {
      const end = ends[k]!;
      const length = end - start;
      let s: number;
      if (length <= 8) {
        // `findRange` for short keys, written out: this is the hottest loop of encoding.
        const low = view.getInt32(start, true) & LOW_MASK[length]!;
        const high = view.getInt32(start + 4, true) & HIGH_MASK[length]!;
        let slot = shortHash(low, high) & mask;
        for (;;) {
          s = slot << 2;
          const there = slots[s + 2]!;
          if (slots[s] === low && slots[s + 1] === high && there === length) break;
          if (there === 0) {
            s = -1 - s;
            break;
          }
          slot = (slot + 1) & mask;
        }
      } else s = findRange(words, view, start, length);
      if (s < 0) {
        out.length = n;
        miss(bytes, view, start, end, s, out);
        n = out.length;
        ({ slots, mask } = words);
      } else {
        const value = slots[s + 3]!;
        if (value >= 0) ids[n++] = value;
        else {
          let at = -1 - value;
          const stop = at + 1 + lists[at]!;
          while (++at < stop) ids[n++] = lists[at]!;
        }
      }
      start = end;
    }
    out.length = n;
  };
}

function checkBytes(byteIds: Int32Array, bytes: Uint8Array, start: number, end: number): void {
  for (let p = start; p < end; p++) {
    if (byteIds[bytes[p]!]! >= 0) continue;
    throw new UserError({
      code: "text-outside-vocabulary",
      message: "the text has a byte for which the vocabulary has no token",
      found: `0x${bytes[p]!.toString(16).padStart(2, "0")}`,
      expected: "bytes that were in the training text",
      fix: "train the tokenizer with all 256 bytes in its initial alphabet",
    });
  }
}
