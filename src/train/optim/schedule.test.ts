import { describe, expect, test } from "vitest";
import { lrFactor, type Schedule, warmupSteps } from "./schedule.js";

const at = (schedule: Schedule, ...steps: number[]) =>
  steps.map((step) => Number(lrFactor(schedule, step).toFixed(9)));

describe("schedules", () => {
  test("warm-up starts at 0 and ends after its steps", () => {
    expect(at({ name: "linear", warmup: 4, total: 8 }, 0, 2, 4, 6, 8, 9)).toEqual([0, 0.5, 1, 0.5, 0, 0]);
    expect(at({ name: "constant_with_warmup", warmup: 2 }, 0, 1, 2, 99)).toEqual([0, 0.5, 1, 1]);
  });

  test("cosine rises again past its end", () => {
    expect(at({ name: "cosine", warmup: 0, total: 10 }, 0, 5, 10, 20)).toEqual([1, 0.5, 0, 1]);
  });

  test("restarts are 0 from the end on", () => {
    expect(at({ name: "cosine_with_restarts", warmup: 0, total: 10, cycles: 2 }, 0, 5, 10, 11)).toEqual([
      1, 1, 0, 0,
    ]);
  });

  test("cosine_warmup_with_min_lr is a step ahead", () => {
    expect(at({ name: "cosine_warmup_with_min_lr", warmup: 4, total: 8, minRatio: 0.1 }, 0, 3, 7)).toEqual([
      0.25, 1, 0.1,
    ]);
  });

  test("polynomial stays at its end, and refuses a warm-up that takes all", () => {
    expect(at({ name: "polynomial", warmup: 0, total: 4, endRatio: 0.5 }, 0, 2, 4, 9)).toEqual([
      1, 0.75, 0.5, 0.5,
    ]);
    expect(() => lrFactor({ name: "polynomial", warmup: 4, total: 4, endRatio: 0 }, 4)).toThrow(RangeError);
  });

  test("inverse square root: the timescale is the warm-up, or 10,000", () => {
    expect(at({ name: "inverse_sqrt", warmup: 4 }, 4, 16)).toEqual([1, 0.5]);
    expect(at({ name: "inverse_sqrt", warmup: 0 }, 0, 30_000)).toEqual([1, 0.5]);
  });

  test("warm-up, level, decay: warms up from the least ratio", () => {
    const wsd: Schedule = {
      name: "warmup_stable_decay",
      warmup: 2,
      stable: 3,
      decay: 4,
      minRatio: 0.2,
      decayShape: "linear",
    };
    expect(at(wsd, 0, 1, 2, 4, 5, 7, 9, 50)).toEqual([0.2, 0.6, 1, 1, 1, 0.6, 0.2, 0.2]);
    expect(at({ ...wsd, decayShape: "1-sqrt" }, 6)).toEqual([0.6]);
  });

  test("a warm-up below 1 is a share, rounded up", () => {
    expect([warmupSteps(0.03, 7), warmupSteps(0, 7), warmupSteps(3, 7)]).toEqual([1, 0, 3]);
  });
});
