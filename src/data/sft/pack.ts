/** @file Examples put together into rows of at most `capacity` tokens, so that few positions are padded.
 *    bfd         best-fit decreasing: the longest first, each into the fullest row where it fits, else into a new one; what is
 *                longer than a row is cut off
 *    bfd-split   the same, but what is cut off goes into rows too, as a piece of its own
 *    wrapped     one behind the other, cut wherever a row is full
 *  Rows are made from lengths alone. After Ding et al. 2024, "Fewer Truncations Improve Language Modeling"; the choices among
 *  equals are those of TRL. */

export const PACKING_STRATEGIES = ["bfd", "bfd-split", "wrapped"] as const;
export type PackingStrategy = (typeof PACKING_STRATEGIES)[number];

/** Tokens [from, to) of an example. */
export interface Segment {
  readonly example: number;
  readonly from: number;
  readonly to: number;
}

/** Throws where `capacity` is no whole number above 0. */
export function packExamples(
  lengths: ArrayLike<number>,
  capacity: number,
  strategy: PackingStrategy,
): Segment[][] {
  if (!(Number.isSafeInteger(capacity) && capacity > 0))
    throw new Error(`packExamples: capacity ${capacity}`);
  if (strategy === "wrapped") return wrap(lengths, capacity);
  const pieces: Segment[] = [];
  for (let example = 0; example < lengths.length; example++)
    for (let from = 0; from < lengths[example]!; from += capacity) {
      pieces.push({ example, from, to: Math.min(from + capacity, lengths[example]!) });
      if (strategy === "bfd") break;
    }
  return bestFitDecreasing(pieces, capacity);
}

function wrap(lengths: ArrayLike<number>, capacity: number): Segment[][] {
  const rows: Segment[][] = [];
  let room = 0;
  for (let example = 0; example < lengths.length; example++)
    for (let from = 0; from < lengths[example]!; ) {
      if (room === 0) {
        rows.push([]);
        room = capacity;
      }
      const to = Math.min(from + room, lengths[example]!);
      rows.at(-1)!.push({ example, from, to });
      room -= to - from;
      from = to;
    }
  return rows;
}

/** Of rows with as much room, the one that came to it first is taken; rows come in the order in which they were begun. */
function bestFitDecreasing(pieces: readonly Segment[], capacity: number): Segment[][] {
  const sorted = pieces.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  const rows: Segment[][] = [];
  const byRoom = Array.from({ length: capacity + 1 }, createQueue);
  const rooms = createSortedSet(capacity + 1);
  for (const piece of sorted) {
    const size = piece.to - piece.from;
    const room = rooms.least(size) ?? capacity;
    let row = byRoom[room]!.take();
    if (row === undefined) row = rows.push([]) - 1;
    else if (byRoom[room]!.isEmpty()) rooms.remove(room);
    rows[row]!.push(piece);
    const left = room - size;
    if (left === 0) continue;
    byRoom[left]!.put(row);
    rooms.add(left);
  }
  return rows;
}

interface Queue {
  put(value: number): void;
  take(): number | undefined;
  isEmpty(): boolean;
}

function createQueue(): Queue {
  let [values, next]: [number[], number] = [[], 0];
  return {
    put: (value) => void values.push(value),
    take() {
      const value = values[next];
      if (value !== undefined && ++next === values.length) [values, next] = [[], 0];
      return value;
    },
    isEmpty: () => values.length === 0,
  };
}

/** Whole numbers below `size`, a bit each. */
function createSortedSet(size: number) {
  const words = new Uint32Array((size >>> 5) + 1);
  return {
    add(value: number): void {
      words[value >>> 5]! |= 1 << (value & 31);
    },
    remove(value: number): void {
      words[value >>> 5]! &= ~(1 << (value & 31));
    },
    /** The least of at least `from`. */
    least(from: number): number | undefined {
      let word = from >>> 5;
      let bits = words[word]! & (-1 << (from & 31));
      while (bits === 0) {
        if (++word >= words.length) return undefined;
        bits = words[word]!;
      }
      return (word << 5) + 31 - Math.clz32(bits & -bits);
    },
  };
}
