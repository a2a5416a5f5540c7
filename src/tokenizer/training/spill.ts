/** @file Counted words on disk, so that counting takes no more memory than it was given: shards of sorted words in a
 *  folder of their own, merged as they are read. A record is the length (uint32), the count (float64) and the bytes,
 *  little-endian. */

import { joinPath, openAtomic, openRanged, remove, temporaryFolder } from "../../platform/files.js";
import { compareBytes, forEachWord, sortTable, type WordTable, type WordVisitor } from "./words.js";

const HEADER = 12;
const BUFFER = 1 << 16;

export const createSpillFolder = (): string => temporaryFolder("cygnet-words-");
export const removeSpillFolder = remove;

/** Sorts the words and writes them; returns the file. `name` is unique in the folder. */
export function writeShard(folder: string, name: string, table: WordTable): string {
  const file = joinPath(folder, name);
  const writer = openAtomic(file);
  let buffer = new Uint8Array(BUFFER);
  let view = new DataView(buffer.buffer);
  let used = 0;
  const flush = () => {
    writer.write(buffer.subarray(0, used));
    used = 0;
  };
  try {
    forEachWord(sortTable(table), (bytes, start, end, count) => {
      const size = HEADER + end - start;
      if (used + size > buffer.length) flush();
      if (size > buffer.length) {
        buffer = new Uint8Array(size);
        view = new DataView(buffer.buffer);
      }
      view.setUint32(used, end - start, true);
      view.setFloat64(used + 4, count, true);
      buffer.set(bytes.subarray(start, end), used + HEADER);
      used += size;
    });
    flush();
  } catch (error) {
    writer.abort();
    throw error;
  }
  writer.commit();
  return file;
}

/** One word after the other, sorted. */
interface SortedSource {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** Goes to the next word; false at the end. */
  next(): boolean;
  close(): void;
}

function shardSource(file: string): SortedSource {
  const ranged = openRanged(file);
  let buffer = new Uint8Array(BUFFER);
  let view = new DataView(buffer.buffer);
  let position = 0;
  let from = 0;
  let to = 0;
  const need = (bytes: number): void => {
    if (to - from >= bytes) return;
    const rest = buffer.subarray(from, to);
    if (bytes > buffer.length) {
      const larger = new Uint8Array(bytes);
      larger.set(rest);
      buffer = larger;
      view = new DataView(buffer.buffer);
    } else buffer.copyWithin(0, from, to);
    to -= from;
    from = 0;
    const more = Math.min(buffer.length - to, ranged.size - position);
    ranged.read(position, buffer.subarray(to, to + more));
    position += more;
    to += more;
  };
  const source = {
    bytes: buffer,
    start: 0,
    end: 0,
    count: 0,
    next() {
      if (from === to && position === ranged.size) return false;
      need(HEADER);
      const length = view.getUint32(from, true);
      need(HEADER + length);
      source.count = view.getFloat64(from + 4, true);
      source.bytes = buffer;
      source.start = from + HEADER;
      source.end = source.start + length;
      from = source.end;
      return true;
    },
    close: () => ranged.close(),
  };
  return source;
}

/** Calls `visit` for each word of the shards, sorted, once, with the sum of its counts. */
export function mergeShards(files: readonly string[], visit: WordVisitor): void {
  const sources: SortedSource[] = [];
  try {
    for (const file of files) sources.push(shardSource(file));
    mergeSources(sources, visit);
  } finally {
    for (const source of sources) source.close();
  }
}

const before = (a: SortedSource, b: SortedSource): boolean =>
  compareBytes(a.bytes, a.start, a.end, b.bytes, b.start, b.end) < 0;

/** A heap of sources by their present word. */
function mergeSources(sources: readonly SortedSource[], visit: WordVisitor): void {
  const heap: SortedSource[] = [];
  const sink = (source: SortedSource, from: number): void => {
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, source)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = source;
  };
  for (const source of sources) if (source.next()) heap.push(source);
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap[i]!, i);
  let word: Uint8Array = new Uint8Array(64);
  let length = -1;
  let count = 0;
  while (heap.length > 0) {
    const top = heap[0]!;
    if (length < 0 || compareBytes(word, 0, length, top.bytes, top.start, top.end) !== 0) {
      if (length >= 0) visit(word, 0, length, count);
      length = top.end - top.start;
      if (length > word.length) word = new Uint8Array(length * 2);
      word.set(top.bytes.subarray(top.start, top.end));
      count = 0;
    }
    count += top.count;
    if (top.next()) sink(top, 0);
    else {
      const last = heap.pop()!;
      if (heap.length > 0) sink(last, 0);
    }
  }
  if (length >= 0) visit(word, 0, length, count);
}
