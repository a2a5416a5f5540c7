/** @file Results in lines for people. */

import type { CheckResult } from "./kinds/kind.js";
import type { CaseResult } from "./run.js";

const figure = (n: number) => (Number.isFinite(n) ? n.toExponential(1) : String(n));

export function caseLine(result: CaseResult): string {
  const by = (status: CheckResult["status"]) => result.checks.filter((c) => c.status === status);
  const [ok, failed, skipped] = [by("ok"), by("fail"), by("skip")];
  if (result.status === "skip") return `skip ${result.name}: ${reasons(skipped)}`;
  const besides = skipped.length === 0 ? "" : `, ${skipped.length} skipped: ${reasons(skipped)}`;
  if (result.status === "ok") return `ok ${result.name} (${ok.length} checks${besides})`;
  const first = failed.toSorted((a, b) => badness(b) - badness(a))[0]!;
  return `FAIL ${result.name}: ${describe(first)} (${failed.length} of ${result.checks.length} checks failed${besides})`;
}

function badness(c: CheckResult): number {
  if (c.why !== undefined || c.worst === undefined || Number.isNaN(c.worst.error))
    return Number.POSITIVE_INFINITY;
  return c.worst.error / c.worst.limit;
}

export function describe(c: CheckResult): string {
  if (c.why !== undefined || c.worst === undefined) return `${c.check}: ${c.why ?? "no reason given"}`;
  const { name, error, limit, relative } = c.worst;
  return `${c.check}: ${name} is off by ${figure(error)}${relative === undefined ? "" : ` (relative ${figure(relative)})`}, limit ${figure(limit)}`;
}

function reasons(checks: readonly CheckResult[]): string {
  return [...new Set(checks.map((c) => c.why ?? c.check))].join("; ");
}
