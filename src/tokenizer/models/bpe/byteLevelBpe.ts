/** @file Byte-level BPE as a function from text to ids: cut into pieces, look each up in a table of words already done,
 *  merge the ones that are not there. The table is bounded: it is emptied when full, which changes speed only. */

import { UserError } from "../../../platform/errors.js";
import type { IdBuffer } from "../../idBuffer.js";
import { reserveIds } from "../../idBuffer.js";
import type { Splitter } from "../../pretokenizers/splitter.js";
import type { ByteRangeMap } from "../../text/byteRangeMap.js";
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
import { type Joins, mayJoin } from "./mergeCuts.js";
import type { MergeTable } from "./mergeTable.js";
import type { WordMerger } from "./mergeWord.js";
import { createWordMerger } from "./mergeWord.js";

const PIECES_AT_ONCE = 4096;
/** Words kept, and the longest of them in bytes. */
const CACHED_WORDS = 1 << 17;
const LONGEST_CACHED = 256;
const FIRST_SLOTS = 1 << 14;
const CACHED_PARTS = 1 << 14;
const FIRST_PART_SLOTS = 1 << 10;

export interface ByteLevelBpeParts {
  readonly classes: CharacterClasses;
  readonly split: Splitter;
  /** The text may be worked on in blocks: a letter before something that is none always ends a piece. */
  readonly cutAnywhere: boolean;
  /** Instead of `split`: where the pieces of a text end, in UTF-16 units. */
  readonly ends?: ((text: string) => readonly number[]) | undefined;
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
  const cache = createWordCache(parts);
  const { ends: endsOf } = parts;
  if (endsOf !== undefined)
    return (text, out) => {
      const to = utf8.fill(text);
      reserveIds(out, to);
      const byteEnds = endsInBytes(text, endsOf(text));
      for (let k = 0; k < byteEnds.length; k += PIECES_AT_ONCE) {
        const part = byteEnds.subarray(k, k + PIECES_AT_ONCE);
        encodePieces(cache, utf8.bytes, utf8.view, k === 0 ? 0 : byteEnds[k - 1]!, part, part.length, out);
      }
    };
  return (text, out) => {
    for (let at = 0; at < text.length; ) {
      const stop = cutAnywhere ? blockEnd(text, at, classes) : text.length;
      const to = utf8.fill(at === 0 && stop === text.length ? text : text.slice(at, stop));
      reserveIds(out, to);
      for (let from = 0; from < to; ) {
        const count = split(utf8.bytes, from, to, ends);
        encodePieces(cache, utf8.bytes, utf8.view, from, ends, count, out);
        from = ends[count - 1]!;
      }
      at = stop;
    }
  };
}

/** Places in UTF-8 for places in UTF-16. */
function endsInBytes(text: string, ends: readonly number[]): Int32Array {
  let at = 0;
  let bytes = 0;
  return Int32Array.from(ends, (end) => {
    for (; at < end; at++) {
      const unit = text.charCodeAt(at);
      // Each half of a pair counts two.
      bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
    }
    return bytes;
  });
}

/** Words already done. A word's value in the table: its id if it is one token, else -1 - the place in `lists`, where the
 *  number of its ids stands, then the ids. */
interface DoneWords {
  readonly words: ByteRangeMap;
  lists: Int32Array;
  listsLength: number;
}

interface WordCache extends DoneWords {
  /** What words are cut into where no merge can join; apart from the words, which may be tokens without a merge. */
  readonly parts: DoneWords;
  readonly merger: WordMerger;
  readonly byteIds: Int32Array;
  readonly joins: Joins;
  /** Every byte has a token. */
  readonly complete: boolean;
  readonly wholeWords: ReadonlyArray<readonly [bytes: Uint8Array, id: number]>;
}

const createDoneWords = (slots: number): DoneWords => ({
  words: createByteRangeMap(slots),
  lists: new Int32Array(1 << 10),
  listsLength: 0,
});

function createWordCache(parts: ByteLevelBpeParts): WordCache {
  const { byteIds, joins } = parts.merges;
  const cache: WordCache = {
    ...createDoneWords(FIRST_SLOTS),
    parts: createDoneWords(FIRST_PART_SLOTS),
    merger: createWordMerger(parts.merges),
    byteIds,
    joins,
    complete: byteIds.every((id) => id >= 0),
    wholeWords: parts.wholeWords ?? [],
  };
  seed(cache);
  return cache;
}

function seed({ words, wholeWords }: WordCache): void {
  for (const [bytes, id] of wholeWords) {
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    const found = findRange(words, view, 0, bytes.length);
    if (found < 0) insertRange(words, found, padded, view, 0, bytes.length, id);
  }
}

/** Appends the ids of a word that the cache lacks (`missing` is `findRange`'s answer), and keeps them. */
function addWord(
  cache: WordCache,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  missing: number,
  out: IdBuffer,
): void {
  if (!cache.complete) checkBytes(cache.byteIds, bytes, start, end);
  const from = out.length;
  const cut = nextCut(cache.joins, bytes, start, end);
  if (cut === end) out.length = cache.merger.merge(bytes, start, end, out.ids, from);
  else addParts(cache, bytes, view, start, cut, end, out);
  if (end - start > LONGEST_CACHED) return;
  keepWord(cache, bytes, view, start, end, missing, out, from);
  if (cache.words.size >= CACHED_WORDS + cache.wholeWords.length) {
    clearDoneWords(cache);
    seed(cache);
  }
}

/** The first place behind `start` at which the word can be cut: before a character that nothing joins to the last. */
function nextCut(joins: Joins, bytes: Uint8Array, start: number, end: number): number {
  let last = bytes[start]!;
  for (let at = start + 1; at < end; at++) {
    const first = bytes[at]!;
    if ((first & 0xc0) !== 0x80 && !mayJoin(joins, last, first)) return at;
    last = first;
  }
  return end;
}

/** Appends the ids of a word that can be cut at `cut` and perhaps behind it. */
function addParts(
  cache: WordCache,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  cut: number,
  end: number,
  out: IdBuffer,
): void {
  const { parts, joins } = cache;
  let from = start;
  let to = cut;
  for (;;) {
    const s = findRange(parts.words, view, from, to - from);
    if (s >= 0) addDone(parts, parts.words.slots[s + 3]!, out);
    else {
      const at = out.length;
      out.length = cache.merger.merge(bytes, from, to, out.ids, at);
      if (to - from <= LONGEST_CACHED) keepWord(parts, bytes, view, from, to, s, out, at);
      if (parts.words.size >= CACHED_PARTS) clearDoneWords(parts);
    }
    if (to === end) return;
    from = to;
    to = nextCut(joins, bytes, from, end);
  }
}

function addDone({ lists }: DoneWords, value: number, out: IdBuffer): void {
  const { ids } = out;
  let n = out.length;
  if (value >= 0) ids[n++] = value;
  else {
    let at = -1 - value;
    const stop = at + 1 + lists[at]!;
    while (++at < stop) ids[n++] = lists[at]!;
  }
  out.length = n;
}

/** Keeps the ids behind `from` as those of the word. */
function keepWord(
  done: DoneWords,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  missing: number,
  out: IdBuffer,
  from: number,
): void {
  const count = out.length - from;
  let value = out.ids[from]!;
  if (count > 1) {
    done.lists = growable(done.lists, done.listsLength + count + 1);
    value = -1 - done.listsLength;
    done.lists[done.listsLength++] = count;
    for (let i = from; i < out.length; i++) done.lists[done.listsLength++] = out.ids[i]!;
  }
  insertRange(done.words, missing, bytes, view, start, end - start, value);
}

function clearDoneWords(done: DoneWords): void {
  clearByteRangeMap(done.words);
  done.listsLength = 0;
}

function encodePieces(
  cache: WordCache,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  ends: Int32Array,
  count: number,
  out: IdBuffer,
): void {
  const { words } = cache;
  let { slots, mask } = words;
  let { lists } = cache;
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
      addWord(cache, bytes, view, start, end, s, out);
      n = out.length;
      ({ slots, mask } = words);
      lists = cache.lists;
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
