import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { caseLine } from "./report.js";
import { findCases, runCases } from "./run.js";

const metrics = "../shared/parity/metrics";
const here = ["sacrebleu", "seqeval", "classification", "pass-at-k"];

describe.skipIf(!existsSync(metrics))("the cases of ../shared/parity/metrics", () => {
  it("pass", async () => {
    const results = [];
    const cases = findCases(metrics).filter((c) => here.includes(c.name));
    for await (const r of runCases(cases, { device: "auto", compute: "fp32" })) results.push(r);
    expect(results.filter((r) => r.status !== "ok").map(caseLine)).toEqual([]);
    expect(results.map((r) => r.name).sort()).toEqual(here.toSorted());
    // Nothing in them is passed over.
    expect(results.flatMap((r) => r.checks).filter((c) => c.status === "skip")).toEqual([]);
  });
});
