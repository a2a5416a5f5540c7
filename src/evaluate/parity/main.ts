/** @file `npm run parity -- FOLDER…`: every case below the folders, a line each; exit code 1 if any failed or none ran. */

import { Command, Option } from "commander";
import { isUserError } from "../../platform/errors.js";
import type { Compute, Device } from "../../tensor/index.js";
import { caseLine } from "./report.js";
import { findCases, runCases } from "./run.js";

interface Flags {
  readonly json?: boolean;
  readonly filter?: string;
  readonly device: Device;
  readonly compute: Compute;
}

async function main(folders: string[], flags: Flags): Promise<void> {
  const cases = folders
    .flatMap(findCases)
    .filter((c) => flags.filter === undefined || c.name.includes(flags.filter));
  const counts = { ok: 0, fail: 0, skip: 0 };
  const print = (line: string) => process.stdout.write(`${line}\n`);
  for await (const result of runCases(cases, flags)) {
    counts[result.status]++;
    print(flags.json ? JSON.stringify(result) : caseLine(result));
  }
  const totals = { passed: counts.ok, failed: counts.fail, skipped: counts.skip };
  print(
    flags.json
      ? JSON.stringify(totals)
      : `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`,
  );
  if (counts.fail > 0 || counts.ok === 0) process.exitCode = 1;
}

const program = new Command("parity")
  .description("Compare with the reference numbers in every case.json below the folders.")
  .argument("<folders...>", "folders that hold cases")
  .option("--json", "one JSON object a line")
  .option("--filter <text>", "only cases whose name contains this")
  .addOption(
    new Option("--device <device>", "backend").choices(["auto", "native", "reference"]).default("auto"),
  )
  .addOption(
    new Option("--compute <precision>", "precision of matrix products")
      .choices(["fp32", "bf16"])
      .default("fp32"),
  )
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main);

try {
  await program.parseAsync();
} catch (error) {
  if (!isUserError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
