import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_TARGET } from "./batch.js";
import {
  createMaskedLoader,
  createMaskedValidation,
  type MaskedBatch,
  type MaskedLoaderOptions,
} from "./maskedLoader.js";
import { type TokenStream, tokensInMemory } from "./openShards.js";

const [EOS, CLS, SEP, MASK, PAD] = [0, 1, 2, 3, 4] as const;
const vocabSize = 5000;
const special = new Uint8Array(vocabSize).fill(1, 0, 5);

/** Documents of the given lengths whose tokens are all different, so that a token tells its place. */
function corpus(lengths: readonly number[]): TokenStream {
  let token = 5;
  return tokensInMemory(
    lengths.map((n) => Array.from({ length: n }, () => token++)),
    { vocabSize, eosId: EOS },
  );
}
function settings(shards: TokenStream, more: Partial<MaskedLoaderOptions> = {}): MaskedLoaderOptions {
  return {
    shards,
    batch: 3,
    context: 16,
    seed: 1,
    masking: { maskId: MASK, vocabSize, special },
    clsId: CLS,
    sepId: SEP,
    padId: PAD,
    ...more,
  };
}
/** The rows as they were before they were masked, without padding. */
function texts({ inputIds, labels, attentionMask, batch, context }: MaskedBatch): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: context }, (_, i) => row * context + i)
      .filter((i) => attentionMask?.[i] !== 0)
      .map((i) => (labels[i] === NO_TARGET ? inputIds[i]! : labels[i]!)),
  );
}
const lengths = fc
  .array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 })
  .filter((l) => l.reduce((a, b) => a + b) > 20);
const mode = fc.constantFrom("stream" as const, "documents" as const);

describe("createMaskedLoader", () => {
  it("deals every piece of the text once an epoch, [CLS] and [SEP] around", () => {
    fc.assert(
      fc.property(lengths, mode, fc.nat(), (l, mode, seed) => {
        const shards = corpus(l);
        const loader = createMaskedLoader(settings(shards, { mode, seed, batch: 1 }));
        for (const epoch of [1, 2]) {
          const dealt: number[][] = [];
          do dealt.push(texts(loader.next())[0]!);
          while (loader.epochs() < epoch);
          for (const row of dealt) expect([row[0], row.at(-1)]).toEqual([CLS, SEP]);
          const tokens = dealt.flatMap((row) => row.slice(1, -1)).filter((t) => t !== EOS);
          expect(new Set(tokens).size).toBe(tokens.length);
          const all = l.reduce((a, b) => a + b);
          if (mode === "documents") expect(tokens.length).toBe(all);
          else expect(tokens.length).toBeGreaterThan(all - 28);
        }
      }),
    );
  });

  it("masks another choice in every epoch, as its seed says", () => {
    const shards = corpus([14 * 50]);
    const options = settings(shards, { mode: "documents", batch: 50 });
    const loader = createMaskedLoader(options);
    /** Which tokens of the text are asked for; each occurs once. */
    const asked = ({ labels }: MaskedBatch) =>
      [...labels].filter((id) => id !== NO_TARGET).sort((a, b) => a - b);
    const [first, second] = [loader.next(), loader.next()];
    expect(loader.epochs()).toBe(2);
    expect(asked(first)).not.toEqual(asked(second));
    expect(createMaskedLoader(options).next()).toEqual(first);
    expect(createMaskedLoader({ ...options, seed: 2 }).next()).not.toEqual(first);
    expect(first.targetCount).toBe(first.labels.filter((label) => label !== NO_TARGET).length);
    expect(first.targetCount / 700).toBeCloseTo(0.15, 1);
    expect(first.attentionMask).toBeUndefined();
  });

  it("resumes exactly from a saved state and refuses another run's", () => {
    fc.assert(
      fc.property(lengths, mode, fc.nat(), fc.integer({ min: 0, max: 30 }), (l, mode, seed, before) => {
        const options = settings(corpus(l), { mode, seed });
        const one = createMaskedLoader(options);
        for (let n = 0; n < before; n++) one.next();
        const resumed = createMaskedLoader(options);
        resumed.restore(JSON.parse(JSON.stringify(one.state())));
        for (let n = 0; n < 10; n++) expect(resumed.next()).toEqual(one.next());
        expect(resumed.state()).toEqual(one.state());
      }),
      { numRuns: 40 },
    );
    const options = settings(corpus([50]));
    const state = createMaskedLoader(options).state();
    for (const [change, at] of [
      [{ seed: 2 }, "seed"],
      [{ shards: corpus([51]) }, "tokens"],
      [{ mode: "documents" }, "mode"],
      [{ context: 12 }, "context"],
    ] as const)
      expect(() => createMaskedLoader({ ...options, ...change }).restore(state)).toThrow(
        `${at}: the saved place`,
      );
  });

  it("tells where documents start; [CLS] goes with the first, [SEP] with the last", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (l, seed) => {
        const batch = createMaskedLoader(settings(corpus(l), { seed, documentStarts: true })).next();
        texts(batch).forEach((row, r) => {
          const starts = batch.documentStarts!.slice(r * 16, r * 16 + 16);
          let start = 0;
          row.slice(0, 14).forEach((id, i) => {
            if (id === EOS && i > 1) start = i;
            expect(starts[i]).toBe(start);
          });
          // The last token of text may be the end-of-text that ends the stream, which begins no document.
          expect(row[14] === EOS ? [start, 14] : [start]).toContain(starts[14]);
          expect(starts[15]).toBe(starts[14]);
        });
      }),
    );
  });

  it("refuses what cannot be", () => {
    const create = (more: Partial<MaskedLoaderOptions>) => () =>
      createMaskedLoader(settings(corpus([50]), more));
    expect(create({ context: 100 })).toThrow(
      /shorter than the context; found "52 tokens", expected at least 98/,
    );
    expect(create({ context: 2 })).toThrow(/context: cannot be; found 2/);
    expect(create({ clsId: 9 })).toThrow(
      /clsId: cannot be; found 9, expected a token that masking.special marks/,
    );
    expect(create({ mode: "documents", documentStarts: true })).toThrow(/documentStarts/);
    expect(create({ shards: corpus([]), mode: "documents" })).toThrow(/no document/);
  });
});

describe("createMaskedValidation", () => {
  it("has the whole text once, in order, masked alike for every batch size", () => {
    fc.assert(
      fc.property(lengths, mode, fc.integer({ min: 1, max: 7 }), (l, mode, batch) => {
        const shards = corpus(l);
        const { seed: _, ...options } = settings(shards, { mode, batch });
        const validation = createMaskedValidation(options);
        const batches = [...validation.batches()];
        const rows = batches.flatMap(texts);
        expect(rows.length).toBe(validation.rows);
        const all = new Int32Array(shards.tokens);
        shards.read(0, shards.tokens, all);
        expect(rows.flatMap((row) => row.slice(1, -1))).toEqual(
          [...all].filter((id) => mode === "stream" || id !== EOS),
        );
        const alone = [...createMaskedValidation({ ...options, batch: 1 }).batches()];
        expect(batches.flatMap((b) => [...b.labels])).toEqual(alone.flatMap((b) => [...b.labels]));
        expect(batches.flatMap((b) => [...b.inputIds])).toEqual(alone.flatMap((b) => [...b.inputIds]));
        const most = [...createMaskedValidation({ ...options, maxRows: 2 }).batches()];
        expect(most.flatMap(texts)).toEqual(rows.slice(0, 2));
      }),
    );
  });

  it("masks another choice of places in another row", () => {
    const { seed: _, ...options } = settings(corpus([14 * 8]), { mode: "documents", batch: 8 });
    const [batch] = [...createMaskedValidation(options).batches()];
    const places = Array.from({ length: 8 }, (_, row) =>
      [...batch!.labels.slice(row * 16, row * 16 + 16)].map((label) => label !== NO_TARGET).join(),
    );
    expect(new Set(places).size).toBeGreaterThan(4);
  });
});
