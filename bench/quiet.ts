/** @file Waiting for a quiet moment: these measurements are of two threads on machines that others share. Reads how much of
 *  the processors' time went to anybody else (user, system, steal) over half a second. */

import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when at least 92 percent of the processors were idle for half a second, or after `limitSeconds`; tells which. */
export async function waitForQuiet(limitSeconds = 60): Promise<{ quiet: boolean; busy: number }> {
  const until = performance.now() + limitSeconds * 1000;
  let busy = 1;
  do {
    const before = readTimes();
    await sleep(500);
    const after = readTimes();
    if (before === null || after === null) return { quiet: false, busy: Number.NaN };
    busy = (after.busy - before.busy) / (after.total - before.total);
    if (busy < 0.08) return { quiet: true, busy };
  } while (performance.now() < until);
  return { quiet: false, busy };
}

function readTimes(): { busy: number; total: number } | null {
  if (!existsSync("/proc/stat")) return null;
  const fields = readFileSync("/proc/stat", "utf8").split("\n")[0]!.trim().split(/\s+/).slice(1).map(Number);
  const total = fields.slice(0, 8).reduce((a, b) => a + b, 0);
  return { busy: total - fields[3]! - fields[4]!, total };
}
