import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokensInMemory } from "./openShards.js";
import type { PairBatch } from "./pairBatch.js";
import { createSpanLoader, createSpanValidation, type SpanLoaderOptions } from "./spanLoader.js";

const stream = (length: number) =>
  tokensInMemory([Array.from({ length }, (_, i) => 2 + i)], { vocabSize: 9000, eosId: null });
const settings = (length: number, more: Partial<SpanLoaderOptions> = {}): SpanLoaderOptions => ({
  shards: stream(length),
  batch: 2,
  inputLength: 32,
  seed: 1,
  corruption: { sentinels: [8999, 8998, 8997], eosId: 1 },
  ...more,
});
/** Tokens of text in source and target of all rows, ascending within a row. */
function texts({ source, labels, targetSeq }: PairBatch): number[][] {
  return Array.from({ length: source.batch }, (_, row) =>
    [
      ...source.inputIds.slice(row * source.seq, (row + 1) * source.seq),
      ...labels.slice(row * targetSeq, (row + 1) * targetSeq),
    ]
      .filter((id) => id > 1 && id < 8000)
      .sort((a, b) => a - b),
  );
}

describe("createSpanLoader", () => {
  it("deals whole windows once an epoch, sources full, nothing padded", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 2000 }), fc.nat(), (length, seed) => {
        const loader = createSpanLoader(settings(length, { seed, batch: 1 }));
        for (const epoch of [1, 2]) {
          const rows: number[][] = [];
          do {
            const batch = loader.next();
            expect(batch.source.seq).toBe(32);
            expect(batch.source.attentionMask.includes(0)).toBe(false);
            expect(batch.targetSeq).toBe(loader.targetLength);
            expect(batch.targetCount).toBe(batch.labels.length);
            rows.push(texts(batch)[0]!);
          } while (loader.epochs() < epoch);
          for (const row of rows) expect(row).toEqual(row.map((_, i) => row[0]! + i));
          expect(new Set(rows.flat()).size).toBe(rows.length * rows[0]!.length);
          expect(rows.flat().length).toBeGreaterThan(length - 2 * rows[0]!.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("draws other spans in another epoch, resumes exactly, refuses another run's place", () => {
    const options = settings(40, { batch: 1 });
    const loader = createSpanLoader(options);
    const [first, second] = [loader.next(), loader.next()];
    expect(loader.epochs()).toBe(2);
    expect(second.labels).not.toEqual(first.labels);
    const long = createSpanLoader(settings(3000));
    for (let n = 0; n < 70; n++) long.next();
    const resumed = createSpanLoader(settings(3000));
    resumed.restore(JSON.parse(JSON.stringify(long.state())));
    for (let n = 0; n < 20; n++) expect(resumed.next()).toEqual(long.next());
    expect(() => createSpanLoader(settings(3000, { seed: 2 })).restore(long.state())).toThrow(
      /seed: the saved/,
    );
    expect(() => createSpanLoader(settings(3001)).restore(long.state())).toThrow(/tokens: the saved/);
  });

  it("refuses a short text and too few sentinels", () => {
    expect(() => createSpanLoader(settings(20))).toThrow(/shorter than the context; found "20 tokens"/);
    const few = { sentinels: [8999], eosId: 1 };
    expect(() => createSpanLoader(settings(2000, { corruption: few }))).toThrow(
      /sentinels: .*found 1, expected/,
    );
  });
});

describe("createSpanValidation", () => {
  it("has the whole text once, in order, with the same spans for every batch size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 5 }), (length, batch) => {
        const { seed: _, ...options } = settings(length, { batch });
        const validation = createSpanValidation(options);
        const batches = [...validation.batches()];
        const rows = batches.flatMap(texts);
        expect(rows.length).toBe(validation.rows);
        const all = rows.flat();
        expect(all).toEqual(Array.from({ length: all.length }, (_, i) => 2 + i));
        expect(length - all.length).toBeLessThanOrEqual(1);
        const alone = [...createSpanValidation({ ...options, batch: 1 }).batches()];
        const targets = (list: readonly PairBatch[]) =>
          list.flatMap((b) => [...b.labels]).filter((id) => id >= 0);
        expect(targets(batches)).toEqual(targets(alone));
      }),
      { numRuns: 50 },
    );
  });
});
