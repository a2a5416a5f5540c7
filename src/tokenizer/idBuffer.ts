/** @file A growing list of ids, for encoding many documents without an array for each. */

export interface IdBuffer {
  /** Only the first `length` count; replaced when it grows. */
  ids: Int32Array;
  length: number;
}

export function createIdBuffer(capacity = 1024): IdBuffer {
  return { ids: new Int32Array(Math.max(16, capacity)), length: 0 };
}

/** Makes room for `extra` more ids. */
export function reserveIds(buffer: IdBuffer, extra: number): void {
  const needed = buffer.length + extra;
  if (needed <= buffer.ids.length) return;
  const grown = new Int32Array(Math.max(needed, buffer.ids.length * 2));
  grown.set(buffer.ids.subarray(0, buffer.length));
  buffer.ids = grown;
}

export function pushId(buffer: IdBuffer, id: number): void {
  if (buffer.length === buffer.ids.length) reserveIds(buffer, 1);
  buffer.ids[buffer.length++] = id;
}

/** A copy of what it holds. */
export function takeIds(buffer: IdBuffer): Int32Array {
  return buffer.ids.slice(0, buffer.length);
}
