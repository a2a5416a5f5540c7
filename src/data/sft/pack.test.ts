import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_TARGET } from "../batch.js";
import { PACKING_STRATEGIES, packExamples, type Segment } from "./pack.js";
import { sftBatch } from "./sftBatch.js";
import { createSftLoader, sftBatches } from "./sftLoader.js";
import { createTokenStore } from "./tokenStore.js";

const spelled = (rows: Segment[][]) =>
  rows.map((row) => row.map((s) => `${s.example}[${s.from},${s.to})`).join(" "));

describe("packing", () => {
  it("fits the longest first, each into the fullest row that has room", () => {
    expect(spelled(packExamples([2, 5, 3, 4], 6, "bfd"))).toEqual(["1[0,5)", "3[0,4) 0[0,2)", "2[0,3)"]);
    expect(spelled(packExamples([3, 8], 6, "bfd"))).toEqual(["1[0,6)", "0[0,3)"]);
    expect(spelled(packExamples([3, 8], 6, "bfd-split"))).toEqual(["1[0,6)", "0[0,3) 1[6,8)"]);
    expect(spelled(packExamples([4, 5], 6, "wrapped"))).toEqual(["0[0,4) 1[0,2)", "1[2,5)"]);
  });

  it("loses and doubles nothing but what bfd cuts off, and overfills no row", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 33 }),
        fc.constantFrom(...PACKING_STRATEGIES),
        (lengths, capacity, strategy) => {
          const rows = packExamples(lengths, capacity, strategy);
          const sizes = rows.map((row) => row.reduce((sum, s) => sum + s.to - s.from, 0));
          expect(sizes.every((size) => size > 0 && size <= capacity)).toBe(true);
          const taken = rows
            .flat()
            .flatMap((s) => Array.from({ length: s.to - s.from }, (_, i) => `${s.example} ${s.from + i}`));
          const cut = (n: number) => (strategy === "bfd" ? Math.min(n, capacity) : n);
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.length).toBe(lengths.reduce((sum, n) => sum + cut(n), 0));
          // No two rows that would fit into one.
          if (strategy !== "wrapped") {
            const [least = capacity, next = capacity] = sizes.toSorted((a, b) => a - b);
            expect(rows.length < 2 || least + next > capacity).toBe(true);
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it("is quick", () => {
    const lengths = Array.from({ length: 100_000 }, (_, i) => 1 + ((i * 7919) % 4096));
    const started = performance.now();
    const rows = packExamples(lengths, 4096, "bfd");
    expect(rows.length).toBeLessThan(1.01 * (lengths.reduce((a, b) => a + b) / 4096));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("refuses a row of no tokens", () => {
    expect(() => packExamples([1], 0, "bfd")).toThrow(/capacity 0/);
  });
});

const store = createTokenStore();
store.add({ ids: Int32Array.of(1, 2, 3), trained: Uint8Array.of(0, 1, 1) });
store.add({ ids: Int32Array.of(4, 5), trained: Uint8Array.of(1, 1) });
store.add({ ids: Int32Array.of(6, 7, 8, 9), trained: Uint8Array.of(0, 0, 1, 0) });
const whole = (...examples: number[]): Segment[] =>
  examples.map((example) => ({ example, from: 0, to: store.length(example) }));

describe("batches", () => {
  it("ask for the next token where it is learned, and pad at the right", () => {
    expect(sftBatch(store, [whole(0), whole(2)], { padId: 99 })).toEqual({
      inputs: Int32Array.of(1, 2, 3, 99, 6, 7, 8, 9),
      targets: Int32Array.of(2, 3, NO_TARGET, NO_TARGET, NO_TARGET, 8, NO_TARGET, NO_TARGET),
      batch: 2,
      context: 4,
      targetCount: 3,
    });
    expect(sftBatch(store, [whole(0)], { padId: 0, multiple: 8 }).context).toBe(8);
    expect(() => sftBatch(store, [whole(2)], { padId: 0, context: 3 })).toThrow(/4 tokens in a row of 3/);
  });

  it("keep packed examples apart: none sees another, none's first token is asked for", () => {
    const { inputs, targets, documentStarts, targetCount } = sftBatch(store, [whole(0, 1), whole(2)], {
      padId: 99,
      context: 6,
    });
    expect([...inputs.subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 99]);
    expect([...targets.subarray(0, 6)]).toEqual([2, 3, NO_TARGET, 5, NO_TARGET, NO_TARGET]);
    expect([...documentStarts!]).toEqual([0, 0, 0, 3, 3, 5, 0, 0, 0, 0, 4, 4]);
    expect(targetCount).toBe(4);
  });

  it("or read a row as one text", () => {
    const batch = sftBatch(store, [whole(0, 1)], { padId: 99, apart: false });
    expect([...batch.targets]).toEqual([2, 3, 4, 5, NO_TARGET]);
    expect(batch.documentStarts).toBeUndefined();
  });

  it("begin with the piece of an example that a row has", () => {
    const batch = sftBatch(store, [[{ example: 2, from: 2, to: 4 }]], { padId: 0 });
    expect([[...batch.inputs], [...batch.targets]]).toEqual([
      [8, 9],
      [NO_TARGET, NO_TARGET],
    ]);
  });
});

describe("the loader", () => {
  const options = { examples: store, batch: 2, seed: 3, padId: 0, context: 6 };

  it("deals each row once an epoch, in another order", () => {
    const loader = createSftLoader(options);
    const firsts = Array.from({ length: 30 }, () => loader.next()).flatMap((b) => [
      b.inputs[0]!,
      b.inputs[6]!,
    ]);
    const epochs = Array.from({ length: 20 }, (_, i) => firsts.slice(3 * i, 3 * i + 3));
    for (const epoch of epochs) expect(epoch.toSorted()).toEqual([1, 4, 6]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(3);
    expect(loader.epochs()).toBe(19 + 3 / 3);
  });

  it("goes on where it was, and nowhere else", () => {
    const [a, b] = [createSftLoader(options), createSftLoader(options)];
    for (let i = 0; i < 5; i++) a.next();
    b.restore(JSON.parse(JSON.stringify(a.state())));
    for (let i = 0; i < 5; i++) expect(b.next()).toEqual(a.next());
    const other = createTokenStore();
    for (let i = 0; i < store.count; i++)
      other.add({ ...store.example(i), trained: new Uint8Array(store.length(i)) });
    expect(() => createSftLoader({ ...options, examples: other }).restore(a.state())).toThrow(
      /data: .* another run/,
    );
    expect(() => createSftLoader({ ...options, seed: 4 }).restore(a.state())).toThrow(/seed/);
    expect(() => createSftLoader({ ...options, packing: "bfd" }).restore(a.state())).toThrow(/rows/);
  });

  it("packs, and reads validation once in order", () => {
    expect(createSftLoader({ ...options, packing: "bfd" }).rows).toHaveLength(2);
    expect([...sftBatches(options)].map((b) => [b.batch, b.targetCount])).toEqual([
      [2, 3],
      [1, 1],
    ]);
    expect(() => createSftLoader({ ...options, context: undefined, packing: "bfd" })).toThrow(
      /needs a context/,
    );
    expect(() => createSftLoader({ ...options, batch: 0 })).toThrow(/batch: cannot be/);
  });
});
