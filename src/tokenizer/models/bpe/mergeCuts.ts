/** @file Between which bytes no merge can ever join: those of which no merge has the one last in its left token and the
 *  other first in its right token. A word may be cut there and its parts encoded alone. Chinese is written without spaces,
 *  so that every run of it is a new word; where a vocabulary has few tokens across its characters, the parts recur. */

/** A bit for each pair of bytes, at 256 · last + first: set if a merge joins them. [2048] */
export type Joins = Int32Array;

interface MergesWithBytes {
  readonly pairs: Int32Array;
  /** Of each pair; by default its number. */
  readonly ranks: Int32Array | undefined;
  /** Of each rank. */
  readonly result: Int32Array;
  readonly byteIds: Int32Array;
}

export function createJoins(merges: MergesWithBytes): Joins {
  const joins = new Int32Array(2048);
  const ends = outerBytes(merges);
  // Not a vocabulary as they are trained: all are joined then, which is always right.
  if (ends === undefined) return joins.fill(-1);
  const { pairs } = merges;
  for (let k = 0; k < pairs.length; k += 2) {
    const last = ends[pairs[k]!]! & 0xff;
    const first = ends[pairs[k + 1]!]! >> 8;
    if (ends[pairs[k]!] === UNMADE || first === UNMADE) continue;
    joins[(last << 3) | (first >> 5)]! |= 1 << first;
  }
  return joins;
}

export function mayJoin(joins: Joins, last: number, first: number): boolean {
  return (joins[(last << 3) | (first >> 5)]! & (1 << first)) !== 0;
}

const UNMADE = -1;
const MOST_IDS = 1 << 23;

/** 256 · first byte + last byte of each token that can be made of bytes, else `UNMADE`; undefined if one can be made
 *  with different outer bytes, or if there are too many ids. */
function outerBytes({ pairs, ranks, result, byteIds }: MergesWithBytes): Int32Array | undefined {
  const size = 1 + Math.max(maximum(pairs), maximum(result), maximum(byteIds));
  if (size > MOST_IDS) return undefined;
  const outer = new Int32Array(size).fill(UNMADE);
  for (let byte = 0; byte < 256; byte++) {
    const id = byteIds[byte]!;
    if (id < 0) continue;
    if (outer[id] !== UNMADE) return undefined;
    outer[id] = (byte << 8) | byte;
  }
  // A merge mostly comes after those that make its parts: one pass finds all, a second finds nothing new.
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = 0; n < pairs.length / 2; n++) {
      const left = outer[pairs[2 * n]!]!;
      const right = outer[pairs[2 * n + 1]!]!;
      if (left === UNMADE || right === UNMADE) continue;
      const made = (left & 0xff00) | (right & 0xff);
      const id = result[ranks === undefined ? n : ranks[n]!]!;
      if (outer[id] === made) continue;
      if (outer[id] !== UNMADE) return undefined;
      outer[id] = made;
      changed = true;
    }
  }
  return outer;
}

function maximum(values: Int32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}
