import { expect, test } from "vitest";
import { beginMetric, followMetric, type MetricSchedule } from "./metricSchedule.js";

function rates(schedule: MetricSchedule, measures: readonly number[], base = 1): number[] {
  let state = beginMetric(base);
  return measures.map((m) => {
    state = followMetric(schedule, state, m, base);
    return state.lr;
  });
}

test("a plateau lowers the rate, waits, and stops at the lowest", () => {
  const plateau = { name: "plateau", factor: 0.5, patience: 1, cooldown: 1, minLr: 0.2 } as const;
  expect(rates(plateau, [3, 3, 3, 3, 3, 3, 3, 3, 3])).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2]);
  expect(rates({ ...plateau, mode: "max" }, [1, 2, 3, 4, 5])).toEqual([1, 1, 1, 1, 1]);
});

test("greedy raises it as well, up to the highest, and follows means", () => {
  const greedy = { name: "greedy", factor: 0.5, patience: 0, minLr: 0.1, maxLr: 3 } as const;
  expect(rates(greedy, [3, 2, 2, 2])).toEqual([2, 3, 1.5, 0.75]);
  expect(rates({ ...greedy, window: 2 }, [4, 2, 5, 1])).toEqual([2, 3, 1.5, 0.75]); // means 4, 3, 3.5, 3
});

test("greedy begins anew after it was at the lowest rate for long", () => {
  const greedy = { name: "greedy", factor: 0.5, patience: 0, minLr: 0.25, maxLr: 1, resetAfter: 2 } as const;
  expect(rates(greedy, [1, 2, 2, 2, 2, 1])).toEqual([1, 0.5, 0.25, 1, 1, 1]);
});
