import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_TARGET } from "./batch.js";
import { pairsInMemory, type TokenPairs } from "./openPairs.js";
import type { PairBatch } from "./pairBatch.js";
import {
  createPairLoader,
  createPairValidation,
  type PairLoader,
  type PairLoaderOptions,
} from "./pairLoader.js";

/** Pairs of given lengths; every token tells its pair: source tokens 2i + 2, target tokens 2i + 3. The end is 1. */
function made(lengths: readonly (readonly [number, number])[]): TokenPairs {
  const side = (id: number, n: number) => [...new Array<number>(n - 1).fill(id), 1];
  return pairsInMemory(
    lengths.map(([source, target], i) => ({
      source: side(2 * i + 2, source),
      target: side(2 * i + 3, target),
    })),
    { vocabSize: 100_000, bytes: 1000, characters: 500 },
  );
}
const length = fc.integer({ min: 2, max: 40 });
const lengths = fc.array(fc.tuple(length, length), { minLength: 1, maxLength: 120 });
const size = fc.oneof(
  fc.record({ batch: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ batchTokens: fc.integer({ min: 40, max: 300 }) }),
);
const settings = (pairs: TokenPairs, more: Partial<PairLoaderOptions> = {}): PairLoaderOptions =>
  ({
    pairs,
    batch: 4,
    maxSource: 40,
    maxTarget: 40,
    padId: 0,
    eosId: 1,
    seed: 1,
    ...more,
  }) as PairLoaderOptions;

/** Rows of a batch without padding: [source, target]. */
function rowsOf({ source, labels, targetSeq }: PairBatch): [number[], number[]][] {
  return Array.from({ length: source.batch }, (_, row) => {
    const from = row * source.seq;
    return [
      [...source.inputIds.slice(from, from + source.seq)].filter(
        (_, i) => source.attentionMask[from + i] === 1,
      ),
      [...labels.slice(row * targetSeq, (row + 1) * targetSeq)].filter((id) => id !== NO_TARGET),
    ];
  });
}
const allRows = (pairs: TokenPairs) =>
  Array.from({ length: pairs.pairs }, (_, i) => pairs.read(i)).map((p) => [[...p.source], [...p.target]]);
const byFirst = (rows: number[][][]) => rows.sort((a, b) => a[0]![0]! - b[0]![0]!);

/** Batches until the epoch under way is done. */
function epochOf(loader: PairLoader): PairBatch[] {
  const batches: PairBatch[] = [];
  do batches.push(loader.next());
  while (!Number.isInteger(loader.epochs()));
  return batches;
}

describe("createPairLoader", () => {
  it("deals each pair exactly once an epoch, source with its own target, within the size of a batch", () => {
    fc.assert(
      fc.property(lengths, size, fc.nat(), fc.integer({ min: 1, max: 8 }), (l, size, seed, bucket) => {
        const pairs = made(l);
        const loader = createPairLoader({
          ...settings(pairs, { seed, bucket }),
          batch: undefined,
          ...size,
        } as PairLoaderOptions);
        for (const epoch of [1, 2]) {
          const batches = epochOf(loader);
          expect(loader.epochs()).toBe(epoch);
          expect(byFirst(batches.flatMap(rowsOf))).toEqual(allRows(pairs));
          for (const { source, targetSeq, targetCount, labels } of batches) {
            if ("batch" in size) expect(source.batch).toBeLessThanOrEqual(size.batch);
            else expect(source.batch * Math.max(source.seq, targetSeq)).toBeLessThanOrEqual(size.batchTokens);
            expect(targetCount).toBe(labels.filter((id) => id !== NO_TARGET).length);
            expect(labels.length).toBe(source.batch * targetSeq);
          }
          const positions = batches.reduce((n, b) => n + b.source.inputIds.length + b.labels.length, 0);
          expect(loader.padding()).toBeCloseTo(1 - (pairs.sourceTokens + pairs.targetTokens) / positions, 9);
          expect(loader.batches()).toBe(batches.length);
        }
      }),
    );
  });

  it("pads little, and deals other batches in another order in another epoch", () => {
    const pairs = made(
      Array.from({ length: 2000 }, (_, i) => [3 + ((i * 7) % 30), 3 + (((i * 7) % 30) + (i % 5))]),
    );
    const loader = createPairLoader(settings(pairs, { batch: 20 }));
    const chance = createPairLoader(settings(pairs, { batch: 20, bucket: 1 }));
    expect(loader.padding()).toBeLessThan(0.12);
    expect(chance.padding()).toBeGreaterThan(0.4);
    const [first, second] = [epochOf(loader), epochOf(loader)];
    const longest = first.map((b) => Math.max(b.source.seq, b.targetSeq));
    expect(longest).not.toEqual([...longest].sort((a, b) => a - b));
    expect(first).not.toEqual(second);
    const members = (batches: PairBatch[]) =>
      batches
        .map((b) =>
          rowsOf(b)
            .map(([s]) => s[0])
            .sort()
            .join(),
        )
        .sort();
    expect(members(first)).not.toEqual(members(second));
  });

  it("resumes exactly from a saved state, refuses another run's", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), fc.integer({ min: 0, max: 60 }), (l, seed, before) => {
        const options = settings(made(l), { seed, bucket: 3 });
        const one = createPairLoader(options);
        for (let n = 0; n < before; n++) one.next();
        const resumed = createPairLoader(options);
        resumed.restore(JSON.parse(JSON.stringify(one.state())));
        for (let n = 0; n < 20; n++) expect(resumed.next()).toEqual(one.next());
        expect(resumed.state()).toEqual(one.state());
      }),
      { numRuns: 40 },
    );
    const options = settings(
      made([
        [5, 6],
        [7, 8],
      ]),
    );
    const state = createPairLoader(options).state();
    for (const [change, at] of [
      [{ seed: 2 }, "seed"],
      [
        {
          pairs: made([
            [5, 6],
            [8, 8],
          ]),
        },
        "sourceTokens",
      ],
      [{ batch: 3 }, "batch"],
      [{ bucket: 7 }, "bucket"],
      [{ tooLong: "truncate" }, "tooLong"],
    ] as const)
      expect(() => createPairLoader(settings(options.pairs, change)).restore(state)).toThrow(
        `${at}: the saved place`,
      );
  });

  it("leaves out or truncates what is too long, and says how many", () => {
    const pairs = made([
      [5, 6],
      [30, 6],
      [5, 30],
      [12, 10],
    ]);
    const limits = { maxSource: 12, maxTarget: 10, batch: 9 };
    const strict = createPairLoader(settings(pairs, limits));
    expect([strict.leftOut, strict.truncated, strict.pairs]).toEqual([2, 0, 2]);
    expect(byFirst(strict.next() && epochOf(strict).flatMap(rowsOf)).map(([s]) => s!.length)).toEqual([
      5, 12,
    ]);
    const cut = createPairLoader(settings(pairs, { ...limits, tooLong: "truncate" }));
    expect([cut.leftOut, cut.truncated, cut.pairs]).toEqual([0, 2, 4]);
    const rows = byFirst(rowsOf(cut.next()));
    expect(rows.map(([s, t]) => [s!.length, t!.length])).toEqual([
      [5, 6],
      [12, 6],
      [5, 10],
      [12, 10],
    ]);
    for (const side of rows.flat()) expect(side.at(-1)).toBe(1);
  });

  it("refuses limits that hold no pair and batches that hold no row", () => {
    const pairs = made([[5, 6]]);
    expect(() => createPairLoader(settings(pairs, { maxSource: 4 }))).toThrow(
      /no pair is within the limits; found "1 pairs/,
    );
    const { batch: _, ...rest } = settings(pairs) as { batch: number } & PairLoaderOptions;
    expect(() => createPairLoader({ ...rest, batchTokens: 39 } as PairLoaderOptions)).toThrow(
      /batchTokens: cannot be; found 39/,
    );
    expect(() => createPairLoader(settings(pairs, { batch: 0 }))).toThrow(/batch: cannot be/);
  });
});

describe("createPairValidation", () => {
  it("has all pairs once, in order, whatever the size of a batch", () => {
    fc.assert(
      fc.property(lengths, size, (l, size) => {
        const pairs = made(l);
        const { seed: _, ...options } = settings(pairs);
        const validation = createPairValidation({
          ...options,
          batch: undefined,
          ...size,
        } as PairLoaderOptions);
        const batches = [...validation.batches()];
        expect(batches.flatMap(rowsOf)).toEqual(allRows(pairs));
        if ("batchTokens" in size)
          for (const { source, targetSeq } of batches)
            expect(source.batch * Math.max(source.seq, targetSeq)).toBeLessThanOrEqual(size.batchTokens);
        expect(batches.reduce((n, b) => n + b.targetCount, 0)).toBe(validation.targets);
        expect(validation).toMatchObject({
          targets: pairs.targetTokens,
          bytes: 1000,
          characters: 500,
          leftOut: 0,
        });
        const some = createPairValidation({ ...options, maxPairs: 3 } as PairLoaderOptions & {
          maxPairs: number;
        });
        expect([...some.batches()].flatMap(rowsOf)).toEqual(allRows(pairs).slice(0, 3));
      }),
    );
  });
});
