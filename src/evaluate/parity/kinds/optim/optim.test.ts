/** @file The cases of ../shared/parity/optim that pretraining stands on. */

import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type CaseResult, findCases, runCases } from "../../run.js";

const ROOT = "../shared/parity/optim";

test.skipIf(!existsSync(ROOT))(
  "optimisers, clipping, schedules: what is offered here agrees, the rest says why not",
  async () => {
    const results: CaseResult[] = [];
    for await (const r of runCases(findCases(ROOT), { device: "reference", compute: "fp32" }))
      results.push(r);
    const failed = results.filter((r) => r.status === "fail");
    expect(
      failed.map(
        (r) => `${r.name}: ${JSON.stringify(r.checks.filter((c) => c.status === "fail").slice(0, 2))}`,
      ),
    ).toEqual([]);
    const passed = results.filter((r) => r.status === "ok").map((r) => r.name);
    for (const needed of [
      "adamw-default",
      "adamw-none-grads",
      "adamw-decay-groups",
      "muon-torch-default",
      "muon-keller-sum",
      "clip-grad",
      "schedules",
      "decay-parameters",
      "weights-ema",
    ])
      expect(passed).toContain(needed);
  },
);
