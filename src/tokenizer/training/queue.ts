/** @file The queue of merges to come: highest count first, of equals the smaller (left id, right id). A binary heap. */

export interface MergeQueue {
  readonly size: number;
  push(count: number, pair: number, words: number): void;
  /** Takes the first off; its fields are then in `count`, `pair` and `words`. */
  pop(): void;
  readonly count: number;
  readonly pair: number;
  /** Head of the list of words where the pair stands. */
  readonly words: number;
}

interface Entry {
  readonly count: number;
  readonly pair: number;
  readonly words: number;
  readonly order: number;
}

/** `order` gives the rank of a pair among equal counts, smaller first. */
export function createMergeQueue(order: (pair: number) => number): MergeQueue {
  const heap: Entry[] = [];
  let top: Entry = { count: 0, pair: -1, words: -1, order: 0 };
  const before = (a: Entry, b: Entry) => a.count > b.count || (a.count === b.count && a.order < b.order);
  return {
    get size() {
      return heap.length;
    },
    get count() {
      return top.count;
    },
    get pair() {
      return top.pair;
    },
    get words() {
      return top.words;
    },
    push(count, pair, words) {
      const entry: Entry = { count, pair, words, order: order(pair) };
      let i = heap.length;
      heap.push(entry);
      while (i > 0) {
        const up = (i - 1) >> 1;
        if (!before(entry, heap[up]!)) break;
        heap[i] = heap[up]!;
        i = up;
      }
      heap[i] = entry;
    },
    pop() {
      top = heap[0]!;
      const last = heap.pop()!;
      if (heap.length === 0) return;
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (!before(heap[child]!, last)) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    },
  };
}
