import { expect, it } from "vitest";
import { createComparison } from "./compare.js";

it("keeps what is nearest to its limit, and fails beyond", () => {
  const c = createComparison("x");
  c.arrays("a", [1, 2], [1, 2.5], 1);
  c.number("b", 1, 1.1, 0.11);
  expect(c.result()).toMatchObject({ status: "ok", worst: { name: "b" } });
  c.number("d", 3, 1, 1);
  expect(c.result()).toMatchObject({ status: "fail", worst: { name: "d", error: 2, limit: 1, relative: 2 } });
});

it("fails on NaN, on another length and on what is not right", () => {
  const nan = createComparison("x");
  nan.arrays("a", [1, Number.NaN, 3], [1, 2, 3], 10);
  nan.number("b", 1, 1, 1);
  expect(nan.result()).toMatchObject({ status: "fail", worst: { name: "a", error: Number.NaN } });
  const length = createComparison("x");
  length.arrays("a", [1], [1, 2], 1);
  expect(length.result()).toMatchObject({ status: "fail", why: "a has 1 numbers, 2 are expected" });
});

it("compares only where the mask says", () => {
  const c = createComparison("x");
  c.arrays("a", [1, 9, 3, 9], [1, 2, 3, 4], 0.1, { mask: [1, 0], index: (i) => i % 2 });
  expect(c.result().status).toBe("ok");
});
