import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { caseLine } from "./report.js";
import { findCases, runCases } from "./run.js";

const tokenizers = "../shared/parity/tokenizers";

describe.skipIf(!existsSync(tokenizers))("the cases of ../shared/parity/tokenizers", () => {
  it("pass", async () => {
    const cases = findCases(tokenizers).filter(
      (c) => process.env.CYGNET_FULL || !/^train\/(?!tie)/.test(c.name),
    );
    const results = [];
    for await (const r of runCases(cases, { device: "auto", compute: "fp32" })) results.push(r);
    expect(results.filter((r) => r.status !== "ok").map(caseLine)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(70);
  }, 300_000);
});
