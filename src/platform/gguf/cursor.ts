/** @file Reading a file from its start a value at a time, in pieces of a megabyte; nothing is believed that goes beyond the
 *  file's end. */

import type { RangedFile } from "../files.js";

export interface Cursor {
  /** From the start of the file. */
  readonly position: number;
  /** Bytes from here to the end of the file. */
  readonly left: number;
  uint32(): number;
  uint64(): bigint;
  /** The next bytes and a view of them, valid until the next call. Calls `short` if the file has not so many. */
  take(bytes: number): DataView;
}

const WINDOW = 1 << 20;

export function createCursor(file: RangedFile, short: (needed: number) => never): Cursor {
  let window = new Uint8Array(Math.min(WINDOW, file.size));
  let start = 0; // of the window in the file
  let filled = 0;
  let at = 0; // in the window
  const take = (bytes: number): DataView => {
    if (bytes > file.size - (start + at)) short(bytes);
    if (at + bytes > filled) {
      start += at;
      if (bytes > window.length) window = new Uint8Array(bytes);
      filled = Math.min(window.length, file.size - start);
      file.read(start, window.subarray(0, filled));
      at = 0;
    }
    const view = new DataView(window.buffer, window.byteOffset + at, bytes);
    at += bytes;
    return view;
  };
  return {
    get position() {
      return start + at;
    },
    get left() {
      return file.size - start - at;
    },
    uint32: () => take(4).getUint32(0, true),
    uint64: () => take(8).getBigUint64(0, true),
    take,
  };
}
