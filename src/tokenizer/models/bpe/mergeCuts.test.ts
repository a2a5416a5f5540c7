import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdBuffer, takeIds } from "../../idBuffer.js";
import { createCharacterClasses } from "../../text/categories.js";
import { createByteLevelBpe } from "./byteLevelBpe.js";
import { createJoins, mayJoin } from "./mergeCuts.js";
import { createMergeTable, type MergeTable, NO_MERGE, rankOf } from "./mergeTable.js";

const classes = createCharacterClasses();
const bytesOfText = (text: string) => new TextEncoder().encode(text);
const byteIds = Int32Array.from({ length: 256 }, (_, byte) => byte);

interface Merges {
  readonly pairs: Int32Array;
  readonly result: Int32Array;
}

/** Every byte is its own id; each merge joins two neighbours of a text as it stands, so that merges across characters come
 *  up too. In a shuffled order a token may come after its use. */
function mergesOf(text: string, picks: readonly number[], order: readonly number[]): Merges {
  const ids = [...bytesOfText(text)];
  const merges = new Map<string, readonly [left: number, right: number, made: number]>();
  for (const pick of picks) {
    if (ids.length < 2) break;
    const at = pick % (ids.length - 1);
    const [left, right] = [ids[at]!, ids[at + 1]!];
    const key = `${left} ${right}`;
    const merge = merges.get(key) ?? ([left, right, 256 + merges.size] as const);
    merges.set(key, merge);
    ids.splice(at, 2, merge[2]);
  }
  const list = [...merges.values()].map((merge, i) => ({ merge, by: order[i] ?? i }));
  if (order.length > 0) list.sort((a, b) => a.by - b.by);
  return {
    pairs: Int32Array.from(list.flatMap(({ merge }) => merge.slice(0, 2))),
    result: Int32Array.from(list, ({ merge }) => merge[2]),
  };
}

/** The definition: the pair of lowest rank, the leftmost of equals, until there is none. */
function mergeByDefinition(table: MergeTable, text: string): number[] {
  const ids = [...bytesOfText(text)];
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

const tableOf = ({ pairs, result }: Merges) => createMergeTable(pairs, result, byteIds);

const encoderOf = (merges: MergeTable, wholeWords?: [Uint8Array, number][]) =>
  createByteLevelBpe({
    classes,
    split: () => {
      throw new Error("not asked for");
    },
    cutAnywhere: false,
    ends: (text) => [text.length],
    merges,
    wholeWords,
  });

function encode(encoder: ReturnType<typeof encoderOf>, text: string): number[] {
  const out = createIdBuffer();
  encoder(text, out);
  return [...takeIds(out)];
}

const textOver = (letters: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength }).map((parts) => parts.join(""));
const ALPHABETS = {
  "two letters": ["a", "b"],
  "letters and accents": ["a", "b", "_", "é", "ü"],
  Chinese: ["的", "一", "是", "不", "了", "人", "我", "在", "有", "中", "国", "，"],
  mixed: ["的", "一", "國", "の", "ン", "한", "𠮷", "😀", "a", "1", "ش"],
} as const;

describe("cutting words where no merge joins", () => {
  it.each(Object.entries(ALPHABETS))("gives the ids of the definition: %s", (_, letters) => {
    const merges = fc
      .tuple(
        textOver(letters, 60),
        fc.array(fc.nat(1000), { maxLength: 80 }),
        fc.oneof(fc.constant([]), fc.array(fc.nat(1000), { minLength: 80, maxLength: 80 })),
      )
      .map(([text, picks, order]) => mergesOf(text, picks, order));
    fc.assert(
      fc.property(merges, fc.array(textOver(letters, 120), { minLength: 1, maxLength: 4 }), (made, texts) => {
        const table = tableOf(made);
        const encoder = encoderOf(table);
        // A second time: from the cache. Words that begin alike share their parts.
        for (const text of [...texts, ...texts])
          expect(encode(encoder, text)).toEqual(mergeByDefinition(table, text));
      }),
      { numRuns: 120 },
    );
  });

  it("does not take a part for a word that is a token without a merge", () => {
    const merges = tableOf(mergesOf("中国", [0, 0, 1, 1], []));
    const whole = encoderOf(merges, [[bytesOfText("中"), 999]]);
    expect(encode(whole, "中")).toEqual([999]);
    const plain = mergeByDefinition(merges, "国中国");
    expect(encode(whole, "国中国")).toEqual(plain);
    expect(plain).not.toContain(999);
  });

  it("joins exactly the bytes that a merge brings together", () => {
    // 97 98 → 256, 256 99 → 257, 257 97 → 258: b joins c, c joins a, and 500, never made, joins nothing.
    const merges = { pairs: Int32Array.of(97, 98, 256, 99, 257, 97, 500, 99), ranks: undefined, byteIds };
    const joins = createJoins({ ...merges, result: Int32Array.of(256, 257, 258, 259) });
    const found: string[] = [];
    for (let last = 0; last < 256; last++)
      for (let first = 0; first < 256; first++)
        if (mayJoin(joins, last, first)) found.push(String.fromCharCode(last, first));
    expect(found).toEqual(["ab", "bc", "ca"]);
  });

  it("cuts nowhere where a token is made of different bytes", () => {
    const joins = createJoins({
      pairs: Int32Array.of(97, 98, 98, 97),
      ranks: undefined,
      result: Int32Array.of(256, 256),
      byteIds,
    });
    expect(mayJoin(joins, 1, 2)).toBe(true);
  });
});
