import { describe, expect, test } from "vitest";
import { checkRecipe } from "./config/index.js";
import { correctionAt, factorAt, type Plan, scheduleOf, totalSteps, virtualStep } from "./plan.js";

describe("plan", () => {
  const corrected: Plan = {
    steps: 100,
    corrections: [
      { from: 20, total: 60 },
      { from: 40, total: 80 },
    ],
  };

  test("without corrections a step is itself", () => {
    expect([0, 7.5, 100].map((s) => virtualStep({ steps: 100, corrections: [] }, s))).toEqual([0, 7.5, 100]);
  });

  test("corrections change the pace and nothing else: no jump, and the end is the end", () => {
    expect(virtualStep(corrected, 20)).toBe(20);
    // 80 steps of the schedule in 40 of the run.
    expect(virtualStep(corrected, 30)).toBe(40);
    expect(virtualStep(corrected, 40)).toBe(60);
    expect(virtualStep(corrected, 80)).toBe(100);
    expect(totalSteps(corrected)).toBe(80);
    for (let s = 0; s < 80; s += 0.5)
      expect(virtualStep(corrected, s + 0.5)).toBeGreaterThan(virtualStep(corrected, s));
  });

  test("steps before a correction do not know of it", () => {
    const before: Plan = { steps: 100, corrections: corrected.corrections.slice(0, 1) };
    for (const s of [0, 19.5, 25, 39.5]) expect(virtualStep(corrected, s)).toBe(virtualStep(before, s));
  });

  test("a correction is made where the time would be missed, and only at a few places", () => {
    const plan: Plan = { steps: 100, corrections: [] };
    // Half as fast as planned: 30 steps took 60 of 100 seconds.
    expect(correctionAt(plan, 30, 60_000, 100_000)).toEqual({ from: 30, total: 50 });
    expect(correctionAt(plan, 30, 30_000, 100_000)).toBeUndefined();
    expect(correctionAt(plan, 31, 60_000, 100_000)).toBeUndefined();
    // Out of time already: one step to end with.
    expect(correctionAt(plan, 50, 200_000, 100_000)).toEqual({ from: 50, total: 51 });
  });

  test.each(["wsd", "cosine", "linear"] as const)(
    "%s rises, stays at most 1 and ends at the final share",
    (schedule) => {
      const recipe = checkRecipe({ schedule, warmup: 0.1, finalLr: 0.2 });
      const plan: Plan = { steps: 1000, corrections: [] };
      const factors = Array.from({ length: 1000 }, (_, s) => factorAt(scheduleOf(recipe, 1000), plan, s));
      expect(factors[0]!).toBeGreaterThan(0);
      expect(Math.max(...factors)).toBeLessThanOrEqual(1);
      expect(factors[99]!).toBeGreaterThan(0.99);
      expect(factors[999]!).toBeCloseTo(0.2, 2);
    },
  );

  test.each([1, 2, 3])("a run of %i steps has rates above 0", (steps) => {
    for (const schedule of ["wsd", "cosine", "linear", "constant"] as const) {
      const s = scheduleOf(checkRecipe({ schedule }), steps);
      for (let i = 0; i < steps; i++) expect(factorAt(s, { steps, corrections: [] }, i)).toBeGreaterThan(0);
    }
  });
});
