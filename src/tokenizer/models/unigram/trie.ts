/** @file A trie over UTF-16 units: every piece that begins at a place of a text, found in one walk. The children of all
 *  nodes lie in one hash table, (node, unit) → child. */

export interface Trie {
  /** Calls `visit` with the end and the value of each key that begins at `from`, shortest first. */
  prefixes(text: string, from: number, visit: (end: number, value: number) => void): void;
}

export function createTrie(keys: Iterable<readonly [key: string, value: number]>): Trie {
  let size = 1 << 12;
  let table = new Int32Array(size * 3).fill(-1);
  let values = new Int32Array(1 << 12).fill(-1);
  let nodes = 1;
  const slotOf = (node: number, unit: number): number => {
    let h = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    h ^= h >>> 15;
    for (;;) {
      const s = (h & (size - 1)) * 3;
      if (table[s] === -1 || (table[s] === node && table[s + 1] === unit)) return s;
      h++;
    }
  };
  const grow = (): void => {
    const old = table;
    size *= 2;
    table = new Int32Array(size * 3).fill(-1);
    for (let s = 0; s < old.length; s += 3)
      if (old[s] !== -1) table.set(old.subarray(s, s + 3), slotOf(old[s]!, old[s + 1]!));
  };
  for (const [key, value] of keys) {
    let node = 0;
    for (let i = 0; i < key.length; i++) {
      let s = slotOf(node, key.charCodeAt(i));
      if (table[s] === -1) {
        if (nodes * 2 > size) {
          grow();
          s = slotOf(node, key.charCodeAt(i));
        }
        table[s] = node;
        table[s + 1] = key.charCodeAt(i);
        table[s + 2] = nodes++;
        if (nodes > values.length) {
          const more = new Int32Array(values.length * 2).fill(-1);
          more.set(values);
          values = more;
        }
      }
      node = table[s + 2]!;
    }
    values[node] = value;
  }
  return {
    prefixes(text, from, visit) {
      let node = 0;
      for (let i = from; i < text.length; i++) {
        const s = slotOf(node, text.charCodeAt(i));
        if (table[s] === -1) return;
        node = table[s + 2]!;
        if (values[node]! >= 0) visit(i + 1, values[node]!);
      }
    },
  };
}
