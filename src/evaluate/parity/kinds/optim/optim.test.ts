/** @file The cases of ../shared/parity/optim. */

import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type CaseResult, findCases, runCases } from "../../run.js";

const ROOT = "../shared/parity/optim";

test.skipIf(!existsSync(ROOT))("optimisers, clipping, schedules and losses agree", async () => {
  const results: CaseResult[] = [];
  for await (const r of runCases(findCases(ROOT), { device: "reference", compute: "fp32" })) results.push(r);
  const failed = results.filter((r) => r.status === "fail");
  expect(
    failed.map(
      (r) => `${r.name}: ${JSON.stringify(r.checks.filter((c) => c.status === "fail").slice(0, 2))}`,
    ),
  ).toEqual([]);
  expect(
    results.filter((r) => r.status !== "ok" || r.checks.some((c) => c.status !== "ok")).map((r) => r.name),
  ).toEqual([]);
  expect(results.length).toBeGreaterThanOrEqual(28);
});
