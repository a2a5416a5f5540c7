import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MergeTable } from "./mergeTable.js";
import { createMergeTable, NO_MERGE, rankOf } from "./mergeTable.js";
import { createLongWordMerger, createWordMerger } from "./mergeWord.js";

/** The definition: the pair of lowest rank, the leftmost of equals, until there is none. */
function mergeByDefinition(table: MergeTable, bytes: Uint8Array): number[] {
  const ids = Array.from(bytes, (byte) => table.byteIds[byte]!);
  for (;;) {
    let best = NO_MERGE;
    let at = -1;
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = rankOf(table, ids[i]!, ids[i + 1]!);
      if (rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return ids;
    ids.splice(at, 2, table.result[best]!);
  }
}

/** Bytes are their own ids; each merge makes a new token of two that exist, in a shuffled order of ranks if asked. */
const tables = fc
  .tuple(fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 25 }), fc.boolean())
  .map(([picks, reversed]) => {
    const alphabet = [97, 98, 99];
    const known = [...alphabet];
    const merges = picks.map(([a, b], k) => {
      const merge = [known[a % known.length]!, known[b % known.length]!, 256 + k] as const;
      known.push(256 + k);
      return merge;
    });
    if (reversed) merges.reverse();
    const pairs = Int32Array.from(merges.flatMap((merge) => merge.slice(0, 2)));
    const bytes = Int32Array.from({ length: 256 }, (_, b) => b);
    return createMergeTable(
      pairs,
      Int32Array.from(merges, (merge) => merge[2]),
      bytes,
    );
  });

const words = fc
  .array(fc.constantFrom(97, 97, 97, 98, 99), { minLength: 1, maxLength: 400 })
  .map((letters) => Uint8Array.from(letters));

describe("merging a word", () => {
  it.each(["scan", "lists"] as const)("is what the definition gives (%s)", (way) => {
    fc.assert(
      fc.property(tables, words, (table, word) => {
        const merger = way === "scan" ? createWordMerger(table) : createLongWordMerger(table);
        const into = new Int32Array(word.length + 2);
        const end = merger.merge(word, 0, word.length, into, 2);
        expect([...into.subarray(2, end)]).toEqual(mergeByDefinition(table, word));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the later rank of a pair that comes twice", () => {
    const bytes = Int32Array.from({ length: 256 }, (_, b) => b);
    const table = createMergeTable(
      Int32Array.of(97, 98, 98, 99, 97, 98),
      Int32Array.of(256, 257, 258),
      bytes,
    );
    expect(rankOf(table, 97, 98)).toBe(2);
    expect(mergeByDefinition(table, Uint8Array.of(97, 98, 99))).toEqual([97, 257]);
  });
});
