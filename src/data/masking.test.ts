import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_TARGET } from "./batch.js";
import { checkMasking, type MaskingOptions, maskTokens } from "./masking.js";
import { createRandom } from "./random.js";

/** Ids 0–4 are special, [MASK] is 4, ids from 60 go on with a word. */
const vocabSize = 100;
const special = new Uint8Array(vocabSize).fill(1, 0, 5);
const continues = new Uint8Array(vocabSize).fill(1, 60);
const options: MaskingOptions = { maskId: 4, vocabSize, special };
const rows = fc.array(fc.nat({ max: vocabSize - 1 }), { maxLength: 80 });
const choice = fc.record({
  probability: fc.double({ min: 0.01, max: 1, noNaN: true }),
  continues: fc.constantFrom(undefined, continues),
});

describe("maskTokens", () => {
  it("keeps special tokens and what is not chosen, and labels what is with what it was", () => {
    fc.assert(
      fc.property(rows, choice, fc.nat(), (ids, { probability, continues }, seed) => {
        const more = { ...options, probability, ...(continues === undefined ? {} : { continues }) };
        const { inputIds, labels, count } = maskTokens(ids, more, createRandom(seed));
        ids.forEach((id, i) => {
          if (labels[i] === NO_TARGET) expect(inputIds[i]).toBe(id);
          else {
            expect(labels[i]).toBe(id);
            expect(special[id]).toBe(0);
            expect(inputIds[i] === 4 || special[inputIds[i]!] === 0).toBe(true);
          }
        });
        const ordinary = ids.filter((id) => special[id] === 0).length;
        expect(count).toBe(labels.filter((label) => label !== NO_TARGET).length);
        if (ordinary > 0) expect(count).toBeGreaterThan(0);
        if (probability === 1) expect(count).toBe(ordinary);
      }),
    );
  });

  it("chooses 15 % and makes of them 80, 10 and 10 %", () => {
    const ids = Int32Array.from({ length: 200_000 }, (_, i) => 5 + (i % 95));
    for (const words of [{}, { continues: new Uint8Array(vocabSize) }]) {
      const { inputIds, labels, count } = maskTokens(ids, { ...options, ...words }, createRandom(1));
      expect(count / ids.length).toBeCloseTo(0.15, 2);
      let [masked, kept, other] = [0, 0, 0];
      const others = new Set<number>();
      labels.forEach((label, i) => {
        if (label === NO_TARGET) return;
        if (inputIds[i] === 4) masked++;
        else if (inputIds[i] === label) kept++;
        else {
          other++;
          others.add(inputIds[i]!);
        }
      });
      expect(masked / count).toBeCloseTo(0.8, 1.7);
      expect(other / count).toBeCloseTo(0.1 * (94 / 95), 1.7);
      expect(kept / count).toBeCloseTo(0.1 + 0.1 / 95, 1.7);
      expect(others.size).toBe(95);
    }
  });

  it("chooses words whole, up to the budget", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (ids, seed) => {
        const { labels, count } = maskTokens(
          ids,
          { ...options, continues, maskShare: 1, randomShare: 0 },
          createRandom(seed),
        );
        const lengths: number[] = [];
        ids.forEach((id, i) => {
          if (special[id] === 1) return;
          const goesOn = i > 0 && special[ids[i - 1]!] === 0 && continues[id] === 1;
          if (goesOn) {
            expect(labels[i] === NO_TARGET).toBe(labels[i - 1] === NO_TARGET);
            lengths[lengths.length - 1]!++;
          } else lengths.push(1);
        });
        if (lengths.length === 0) return;
        const ordinary = lengths.reduce((a, b) => a + b);
        const budget = Math.max(1, Math.round(0.15 * ordinary));
        if (Math.min(...lengths) <= budget) expect(count).toBeLessThanOrEqual(budget);
        if (lengths.every((n) => n === 1)) expect(count).toBe(budget);
      }),
    );
  });

  it("is a function of the generator's state alone", () => {
    const ids = Int32Array.from({ length: 64 }, (_, i) => 5 + i);
    const mask = (seed: number) => maskTokens(ids, options, createRandom(seed));
    expect(mask(7)).toEqual(mask(7));
    expect(mask(7).labels).not.toEqual(mask(8).labels);
    expect(ids[9]).toBe(14);
  });

  it("refuses shares that are none and tables of another vocabulary", () => {
    const refused = (more: Partial<MaskingOptions>, at: string) =>
      expect(() => checkMasking({ ...options, ...more })).toThrow(`${at}: cannot be`);
    checkMasking(options);
    refused({ probability: 0 }, "probability");
    refused({ probability: Number.NaN }, "probability");
    refused({ maskShare: 0.9, randomShare: 0.2 }, "maskShare, randomShare");
    refused({ maskId: 100 }, "maskId");
    refused({ continues: new Uint8Array(99) }, "continues");
  });
});
