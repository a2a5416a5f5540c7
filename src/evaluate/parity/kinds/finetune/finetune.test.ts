/** @file The cases of ../shared/parity/finetune: adapters, four bits, frozen parameters, classifiers, examples prepared. */

import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { caseLine } from "../../report.js";
import { type CaseResult, findCases, runCases } from "../../run.js";

const ROOT = "../shared/parity/finetune";

test.skipIf(!existsSync(ROOT)).each(["fp32", "bf16"] as const)(
  "adapters, bases in four bits, frozen parameters, classifiers and prepared examples agree, %s",
  async (compute) => {
    const cases = findCases(ROOT);
    const results: CaseResult[] = [];
    for await (const r of runCases(cases, { device: "auto", compute })) results.push(r);
    expect(results.filter((r) => r.status !== "ok").map(caseLine)).toEqual([]);
    expect(results.length).toBe(49);
  },
  60_000,
);
