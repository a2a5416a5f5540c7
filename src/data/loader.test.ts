import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, NO_TARGET } from "./batch.js";
import { createLoader, type LoaderOptions } from "./loader.js";
import { type TokenStream, tokensInMemory } from "./openShards.js";
import { createRandom, permuted } from "./random.js";
import { createValidation } from "./validation.js";

/** Documents of the given lengths whose tokens are all different, so that a token tells its place; end-of-text 0. */
function corpus(lengths: readonly number[]): TokenStream {
  let token = 1;
  return tokensInMemory(
    lengths.map((n) => Array.from({ length: n }, () => token++)),
    { vocabSize: 1e6, eosId: 0, bytes: 1000, characters: 500 },
  );
}

/** The pairs of a batch, `input>target`, row by row; of end-of-text, which occurs often, only the other side is told. */
function pairs(batch: Batch): string[] {
  const found: string[] = [];
  for (let i = 0; i < batch.inputs.length; i++)
    if (batch.targets[i] !== NO_TARGET) found.push(`${batch.inputs[i]}>${batch.targets[i]}`);
  return found;
}
function allPairs(stream: TokenStream): string[] {
  const tokens = new Int32Array(stream.tokens);
  stream.read(0, stream.tokens, tokens);
  return Array.from({ length: stream.tokens - 1 }, (_, i) => `${tokens[i]}>${tokens[i + 1]}`);
}

const lengths = fc
  .array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 })
  .filter((l) => l.reduce((a, b) => a + b) > 20);
const mode = fc.constantFrom("stream" as const, "documents" as const);

describe("random", () => {
  it("permutes any size, differently by key", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (size, key) => {
        const order = Array.from({ length: size }, (_, i) => permuted(i, size, key));
        expect(new Set(order).size).toBe(size);
        expect(Math.max(...order)).toBe(size - 1);
        expect(Math.min(...order)).toBe(0);
      }),
    );
    const spread = Array.from({ length: 1000 }, (_, key) => permuted(0, 10, key));
    for (let i = 0; i < 10; i++)
      expect(Math.abs(spread.filter((v) => v === i).length - 100)).toBeLessThan(50);
    expect(permuted(2 ** 33, 2 ** 34, 1)).toBeLessThan(2 ** 34);
  });
  it("gives known numbers for a seed, on every machine", () => {
    const random = createRandom(42);
    expect([random.next(), random.next(), random.next()]).toMatchInlineSnapshot(`
      [
        2357303435,
        3307241920,
        3305628281,
      ]
    `);
    expect(createRandom(42 + 2 ** 40).next()).not.toBe(createRandom(42).next());
  });
});

describe("createLoader", () => {
  it("deals the next token as target, and documents' starts", () => {
    fc.assert(
      fc.property(lengths, mode, fc.nat(), (l, mode, seed) => {
        const stream = corpus(l);
        const truth = new Set(allPairs(stream));
        const loader = createLoader({
          shards: stream,
          batch: 3,
          context: 16,
          seed,
          mode,
          documentStarts: true,
        });
        for (let n = 0; n < 5; n++) {
          const batch = loader.next();
          expect(batch.targetCount).toBe(48);
          for (const pair of pairs(batch)) expect(truth.has(pair)).toBe(true);
          batch.documentStarts!.forEach((start, i) => {
            const at = i % 16;
            const row = i - at;
            // Position `at` begins a document's part exactly if its input is end-of-text, the row's first, or no successor.
            const begins = at === 0 || batch.inputs[i] === 0 || batch.targets[i - 1] !== batch.inputs[i];
            expect(start).toBe(begins ? at : batch.documentStarts![row + at - 1]);
          });
        }
      }),
    );
  });

  it("stream: an epoch holds each window once, and the next is cut elsewhere", () => {
    const stream = corpus([500, 300, 900]);
    const loader = createLoader({ shards: stream, batch: 1, context: 10, seed: 7 });
    const firsts: number[][] = [[], [], []];
    for (let epoch = 0; epoch < 3; epoch++) {
      const seen = new Set<string>();
      let dealt = 0;
      while (Math.floor(loader.epochs()) === epoch && loader.epochs() < epoch + 1) {
        const row = loader.next();
        for (const pair of pairs(row)) seen.add(pair);
        firsts[epoch]!.push(row.inputs[0]!);
        dealt++;
        if (dealt === Math.floor((stream.tokens - 1) / 10) || loader.epochs() === epoch + 1) break;
      }
      expect(seen.size).toBeGreaterThan(stream.tokens - 22);
    }
    expect(firsts[0]).not.toEqual(firsts[1]);
    expect(new Set(firsts[0]!.map((t) => t % 10)).size).toBeLessThan(5); // one phase: end-of-text shifts it by document
    expect(firsts[0]!.slice(0, 20)).not.toEqual([...firsts[0]!].sort((a, b) => a - b).slice(0, 20));
  });

  it("documents: every pair equally often, rows begin with documents, nothing is padded", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (l, seed) => {
        const stream = corpus(l);
        const total = stream.tokens - 1;
        const loader = createLoader({ shards: stream, batch: 1, context: 16, seed, mode: "documents" });
        const count = new Map(allPairs(stream).map((p) => [p, 0]));
        const rows = Math.ceil((total * 4) / 16);
        for (let n = 0; n < rows; n++)
          for (const pair of pairs(loader.next())) count.set(pair, count.get(pair)! + 1);
        // What was drawn but not dealt waits in the pool: at most one pass more or less.
        const counts = [...count.values()];
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(5);
        expect(counts.reduce((a, b) => a + b)).toBe(rows * 16);
      }),
      { numRuns: 50 },
    );
    const short = createLoader({
      shards: corpus(Array.from({ length: 300 }, (_, i) => 20 + (i % 40))),
      batch: 64,
      context: 64,
      seed: 1,
      mode: "documents",
    });
    const batch = short.next();
    for (let row = 0; row < 64; row++) expect(batch.inputs[row * 64]).toBe(0);
  });

  it("resumes exactly from a saved state and repeats for a seed", () => {
    fc.assert(
      fc.property(lengths, mode, fc.nat(), fc.integer({ min: 0, max: 40 }), (l, mode, seed, before) => {
        const options: LoaderOptions = { shards: corpus(l), batch: 2, context: 12, seed, mode };
        const one = createLoader(options);
        const twin = createLoader(options);
        for (let n = 0; n < before; n++) expect(twin.next()).toEqual(one.next());
        const resumed = createLoader(options);
        resumed.restore(JSON.parse(JSON.stringify(one.state())));
        for (let n = 0; n < 10; n++) expect(resumed.next()).toEqual(one.next());
        expect(resumed.state()).toEqual(one.state());
      }),
    );
  });

  it("refuses a place in other data and a context longer than the text", () => {
    const options: LoaderOptions = { shards: corpus([50]), batch: 1, context: 8, seed: 1 };
    const state = createLoader(options).state();
    expect(() => createLoader({ ...options, seed: 2 }).restore(state)).toThrow(
      /seed: .*another run; found 1, expected 2/,
    );
    expect(() => createLoader({ ...options, shards: corpus([51]) }).restore(state)).toThrow(/tokens/);
    expect(() => createLoader({ ...options, mode: "documents" }).restore(state)).toThrow(/mode/);
    expect(() => createLoader({ ...options, context: 60 })).toThrow(
      /shorter than the context; found "52 tokens"/,
    );
    expect(createLoader({ ...options, context: 51 }).next().targetCount).toBe(51);
  });
});

describe("createValidation", () => {
  it("has every pair once, in order, for any batch, context, stride and mode", () => {
    fc.assert(
      fc.property(
        lengths,
        mode,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        (l, mode, batch, context, stride) => {
          const stream = corpus(l);
          const validation = createValidation({
            shards: stream,
            batch,
            context,
            stride,
            mode,
            documentStarts: true,
          });
          const batches = [...validation.batches()];
          expect(batches.flatMap(pairs)).toEqual(allPairs(stream));
          expect(batches.reduce((sum, b) => sum + b.targetCount, 0)).toBe(validation.targets);
          expect(batches.every((b) => b.inputs.length === batch * context)).toBe(true);
          expect(validation).toMatchObject({ targets: stream.tokens - 1, bytes: 1000, characters: 500 });
        },
      ),
    );
  });
  it("begins rows with documents where they fit, and overlaps by stride where they do not", () => {
    const stream = corpus([5, 5, 5, 20]);
    const starts = (mode: "stream" | "documents", stride?: number) =>
      [
        ...createValidation({
          shards: stream,
          batch: 1,
          context: 12,
          mode,
          ...(stride === undefined ? {} : { stride }),
        }).batches(),
      ].map((b) => [...b.inputs.slice(0, 2), b.targetCount]);
    expect(starts("documents")).toEqual([
      [0, 1, 12],
      [0, 11, 6],
      [0, 16, 12],
      [27, 28, 9],
    ]);
    expect(starts("documents", 8)).toEqual([
      [0, 1, 12],
      [0, 11, 6],
      [0, 16, 12],
      [23, 24, 8],
      [31, 32, 1],
    ]);
    expect(starts("stream")).toEqual([
      [0, 1, 12],
      [0, 11, 12],
      [21, 22, 12],
      [33, 34, 3],
    ]);
  });
});
