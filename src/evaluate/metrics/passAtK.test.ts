import { describe, expect, it } from "vitest";
import { meanPassAtK, passAtK } from "./passAtK.js";

describe("pass@k", () => {
  it("is the share of the choices of k answers that hold a right one, all choices counted", () => {
    for (let n = 1; n <= 7; n++)
      for (let c = 0; c <= n; c++)
        for (let k = 1; k <= n; k++) {
          let [choices, passed] = [0, 0];
          for (let set = 0; set < 1 << n; set++) {
            const members = Array.from({ length: n }, (_, i) => i).filter((i) => (set >> i) & 1);
            if (members.length !== k) continue;
            choices++;
            if (members.some((i) => i < c)) passed++;
          }
          expect(passAtK(n, c, k), `${n} ${c} ${k}`).toBeCloseTo(passed / choices, 12);
        }
  });

  it("is not what k independent tries at the rate c/n would give", () => {
    expect(passAtK(10, 3, 5)).toBeGreaterThan(1 - (1 - 3 / 10) ** 5);
  });

  it("is the mean over tasks, and no number where there is nothing to count", () => {
    const tasks = [
      { answers: 4, right: 4 },
      { answers: 4, right: 0 },
    ];
    expect(meanPassAtK(tasks, 2)).toBe(0.5);
    expect(() => meanPassAtK([], 1)).toThrow(/no tasks/);
    expect(() => passAtK(5, 2, 6)).toThrow(/k = 6 of n = 5/);
    expect(() => passAtK(5, 6, 1)).toThrow(/6 of them right/);
  });
});
