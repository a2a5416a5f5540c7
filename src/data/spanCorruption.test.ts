import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "./random.js";
import { type CorruptionOptions, corruptSpans, noiseOf, spanLengths } from "./spanCorruption.js";

const sentinels = Array.from({ length: 200 }, (_, i) => 1999 - i);
const options: CorruptionOptions = { sentinels, eosId: 1 };
const spanOptions = fc.record({
  noiseDensity: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  meanSpanLength: fc.double({ min: 1, max: 12, noNaN: true }),
});

/** The text again: every sentinel of the source gives way to what follows it in the target. */
function restore(source: Int32Array, target: Int32Array): number[] {
  return [...source.slice(0, -1)].flatMap((id) => {
    const at = target.indexOf(id);
    if (id < 1800) return [id];
    let end = at + 1;
    while (target[end]! < 1800 && end < target.length - 1) end++;
    return [...target.slice(at + 1, end)];
  });
}

describe("corruptSpans", () => {
  it("loses nothing: source and target together restore the text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 1799 }), { minLength: 2, maxLength: 300 }),
        spanOptions,
        fc.nat(),
        (ids, spans, seed) => {
          const { source, target } = corruptSpans(ids, { ...options, ...spans }, createRandom(seed));
          expect(restore(source, target)).toEqual(ids);
          expect([source.at(-1), target.at(-1)]).toEqual([1, 1]);
          const { noise, spans: count } = noiseOf(ids.length, spans);
          expect(target.length).toBe(noise + count + 1);
          // Sentinels in order, each once a side; text and noise alternate, text first.
          const marks = (side: Int32Array) => [...side].filter((id) => id >= 1800);
          expect(marks(source)).toEqual(sentinels.slice(0, count));
          expect(marks(target)).toEqual(sentinels.slice(0, count));
          expect(source[0]).toBe(ids[0]);
          expect(target[0]).toBe(sentinels[0]);
        },
      ),
    );
  });

  it("chooses every token as often as another but at the ends, in spans of the mean length", () => {
    const ids = Array.from({ length: 40 }, (_, i) => 2 + i);
    const hits = new Array<number>(40).fill(0);
    const random = createRandom(3);
    let lengths = 0;
    for (let n = 0; n < 4000; n++) {
      const { target } = corruptSpans(ids, options, random);
      for (const id of target) if (id > 1 && id < 1800) hits[id - 2]!++;
      lengths += noiseOf(40).noise / noiseOf(40).spans;
    }
    expect(lengths / 4000).toBe(3);
    expect(hits.reduce((a, b) => a + b)).toBe(4000 * 6);
    expect(hits[0]).toBe(0);
    expect(hits[39]).toBe(4000);
    for (let i = 6; i < 34; i++) expect(Math.abs(hits[i]! / 4000 - 0.11)).toBeLessThan(0.06);
  });

  it("has the authors' lengths: 512 tokens of source are made of 568", () => {
    expect(spanLengths(512)).toEqual({ pieceLength: 568, targetLength: 114 });
    expect(noiseOf(30).noise).toBe(4); // 4.5, halves to even
    expect(noiseOf(568)).toEqual({ noise: 85, spans: 28 });
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 300 }),
        fc.double({ min: 0.05, max: 0.5, noNaN: true }),
        (input, density) => {
          const spans = { noiseDensity: density };
          const { pieceLength, targetLength } = spanLengths(input, spans);
          const piece = new Int32Array(pieceLength).fill(5);
          const made = corruptSpans(piece, { ...options, ...spans }, createRandom(input));
          expect(made.source.length).toBeLessThanOrEqual(input);
          expect(made.source.length).toBeGreaterThan(input - 2);
          expect(made.target.length).toBe(targetLength);
        },
      ),
    );
  });

  it("refuses more spans than sentinels, and densities that are none", () => {
    const text = new Int32Array(100).fill(5);
    expect(() => corruptSpans(text, { sentinels: [9, 8], eosId: 1 }, createRandom(1))).toThrow(
      /more spans than there are sentinels; found 2, expected at least 5/,
    );
    expect(() => spanLengths(64, { noiseDensity: 1 })).toThrow(/noiseDensity: cannot be; found 1/);
    expect(() => spanLengths(64, { meanSpanLength: 0.5 })).toThrow(/meanSpanLength/);
    expect(() => spanLengths(3)).toThrow(/inputLength/);
  });
});
