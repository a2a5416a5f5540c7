import { expect, it } from "vitest";
import { createRandom } from "../../tensor/random.js";
import { kthLargest, massThreshold } from "./select.js";

it("finds the k-th largest of any row, as a sort does", () => {
  const random = createRandom(1);
  for (const length of [1, 2, 17, 1000, 5000]) {
    const row = random.fillNormal(new Float32Array(length), 3, 4);
    for (let i = 0; i < length; i += 7) row[i] = i % 2 === 0 ? row[0]! : Number.NEGATIVE_INFINITY;
    const sorted = row.slice().sort().reverse();
    for (const k of [1, 2, 3, Math.ceil(length / 2), length - 1, length]) {
      if (k >= 1 && k <= length) expect(kthLargest(row, k)).toBe(sorted[k - 1]);
    }
  }
  expect(kthLargest(new Float32Array(100).fill(-2.5), 50)).toBe(-2.5);
  expect(kthLargest(new Float32Array([9, 1, 2, 3]).subarray(1), 1)).toBe(3);
});

it("finds where a running sum of masses by rising keys reaches a target", () => {
  const keys = Float64Array.of(3, 0, 1, 1, 40, 50);
  const masses = Float64Array.of(1, 4, 2, 2, 1, 1);
  expect(massThreshold(keys, masses, 4)).toEqual({ key: 0, tied: 1 });
  expect(massThreshold(keys, masses, 5)).toEqual({ key: 1, tied: 1 });
  expect(massThreshold(keys, masses, 7)).toEqual({ key: 1, tied: 2 });
  expect(massThreshold(keys, masses, 10)).toEqual({ key: 40, tied: 1 });
  expect(massThreshold(keys, masses, 99)).toEqual({ key: 50, tied: 1 });
});
