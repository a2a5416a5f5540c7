/** @file A hash table whose keys are ranges of a byte buffer, looked up without making a string: the word cache of
 *  encoding and the word count of training. Open addressing, linear probing; a slot is four int32:
 *
 *      [0], [1]   length ≤ 8: the bytes themselves, zero-padded; longer: hash and place of the key in `arena`
 *      [2]        length in bytes, 0 = empty slot
 *      [3]        the value, an int32 of the owner's choice
 *
 *  Words of up to eight bytes, nearly all words of English text, are so compared with two loads. */

export interface ByteRangeMap {
  slots: Int32Array;
  /** Slots - 1; the number of slots is a power of two. */
  mask: number;
  size: number;
  arena: Uint8Array;
  arenaLength: number;
}

/** For the n-th key length ≤ 8: which bytes of the two loads count. */
export const LOW_MASK = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1);
export const HIGH_MASK = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1);

export function createByteRangeMap(slots = 1 << 12): ByteRangeMap {
  return {
    slots: new Int32Array(slots * 4),
    mask: slots - 1,
    size: 0,
    arena: new Uint8Array(1 << 12),
    arenaLength: 0,
  };
}

export function clearByteRangeMap(map: ByteRangeMap): void {
  map.slots.fill(0);
  map.size = 0;
  map.arenaLength = 0;
}

/** Hash of a key of up to eight bytes, given as its two words. */
export function shortHash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

function hashLong(view: DataView, start: number, length: number): number {
  let h = length;
  const whole = start + (length & ~3);
  let p = start;
  for (; p < whole; p += 4) h = Math.imul(h ^ view.getInt32(p, true), 0x9e3779b1) ^ (h >>> 15);
  return shortHash(h, view.getInt32(p, true) & LOW_MASK[length & 3]!);
}

/** Index in `slots` of the key `view[start, start + length)` (length ≥ 1), or, if it is not there, -1 - the index where
 *  it belongs. Reads, but does not use, up to seven bytes behind the key. */
export function findRange(map: ByteRangeMap, view: DataView, start: number, length: number): number {
  return length <= 8 ? findShort(map, view, start, length) : findLong(map, view, start, length);
}

function findShort(map: ByteRangeMap, view: DataView, start: number, length: number): number {
  const low = view.getInt32(start, true) & LOW_MASK[length]!;
  const high = view.getInt32(start + 4, true) & HIGH_MASK[length]!;
  const { slots, mask } = map;
  let slot = shortHash(low, high) & mask;
  for (;;) {
    const s = slot << 2;
    const there = slots[s + 2]!;
    if (there === length && slots[s] === low && slots[s + 1] === high) return s;
    if (there === 0) return -1 - s;
    slot = (slot + 1) & mask;
  }
}

function findLong(map: ByteRangeMap, view: DataView, start: number, length: number): number {
  const hash = hashLong(view, start, length);
  const { slots, mask } = map;
  let slot = hash & mask;
  for (;;) {
    const s = slot << 2;
    const there = slots[s + 2]!;
    if (there === length && slots[s] === hash && sameBytes(map.arena, slots[s + 1]!, view, start, length))
      return s;
    if (there === 0) return -1 - s;
    slot = (slot + 1) & mask;
  }
}

function sameBytes(arena: Uint8Array, at: number, view: DataView, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (arena[at + i] !== view.getUint8(start + i)) return false;
  return true;
}

/** Puts a key that `findRange` did not find (its answer is `missing`); returns the index of its slot, valid until the
 *  next insertion. Grows at half load. */
export function insertRange(
  map: ByteRangeMap,
  missing: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  length: number,
  value: number,
): number {
  let s = -1 - missing;
  if (map.size * 2 > map.mask) {
    rehash(map);
    s = -1 - findRange(map, view, start, length);
  }
  const { slots } = map;
  if (length <= 8) {
    slots[s] = view.getInt32(start, true) & LOW_MASK[length]!;
    slots[s + 1] = view.getInt32(start + 4, true) & HIGH_MASK[length]!;
  } else {
    slots[s] = hashLong(view, start, length);
    slots[s + 1] = keep(map, bytes, start, length);
  }
  slots[s + 2] = length;
  slots[s + 3] = value;
  map.size++;
  return s;
}

function keep(map: ByteRangeMap, bytes: Uint8Array, start: number, length: number): number {
  const at = map.arenaLength;
  if (at + length > map.arena.length) {
    const grown = new Uint8Array(Math.max(at + length, map.arena.length * 2));
    grown.set(map.arena.subarray(0, at));
    map.arena = grown;
  }
  for (let i = 0; i < length; i++) map.arena[at + i] = bytes[start + i]!;
  map.arenaLength = at + length;
  return at;
}

function rehash(map: ByteRangeMap): void {
  const old = map.slots;
  const mask = map.mask * 2 + 1;
  const slots = new Int32Array((mask + 1) * 4);
  for (let s = 0; s < old.length; s += 4) {
    const length = old[s + 2]!;
    if (length === 0) continue;
    let slot = (length <= 8 ? shortHash(old[s]!, old[s + 1]!) : old[s]!) & mask;
    while (slots[slot * 4 + 2] !== 0) slot = (slot + 1) & mask;
    for (let i = 0; i < 4; i++) slots[slot * 4 + i] = old[s + i]!;
  }
  map.slots = slots;
  map.mask = mask;
}

/** Calls `visit` for each key in the order of the table. */
export function forEachRange(map: ByteRangeMap, visit: (key: Uint8Array, value: number) => void): void {
  const short = new Uint8Array(8);
  const view = new DataView(short.buffer);
  const { slots, arena } = map;
  for (let s = 0; s < slots.length; s += 4) {
    const length = slots[s + 2]!;
    if (length === 0) continue;
    if (length <= 8) {
      view.setInt32(0, slots[s]!, true);
      view.setInt32(4, slots[s + 1]!, true);
      visit(short.subarray(0, length), slots[s + 3]!);
    } else visit(arena.subarray(slots[s + 1]!, slots[s + 1]! + length), slots[s + 3]!);
  }
}
