/** @file `npm run parity -- FOLDER…`: every case below the folders, a line each; exit code 1 if any failed or none ran. */

import { Command, Option } from "commander";
import { isUserError, UserError } from "../../platform/errors.js";
import { DEVICES } from "../../tensor/device.js";
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
  const all = folders.flatMap(findCases);
  const cases = all.filter((c) => flags.filter === undefined || c.name.includes(flags.filter));
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
  if (cases.length === 0) throw nothingToRun(folders, all.length, flags.filter);
}

function nothingToRun(folders: readonly string[], found: number, filter: string | undefined): UserError {
  const place = { code: "no-cases", file: folders.join(", ") };
  return found === 0
    ? new UserError({
        ...place,
        message: "holds no case",
        expected: "a case.json in it or in a folder below",
        fix: "name a folder that holds cases, such as ../shared/parity/models",
      })
    : new UserError({
        ...place,
        at: "--filter",
        message: `none of ${found} cases has this in its name`,
        found: filter,
        fix: "give a part of a name, as the lines without --filter show it",
      });
}

const program = new Command("parity")
  .description("Compare with the reference numbers in every case.json below the folders.")
  .argument("<folders...>", "folders that hold cases")
  .option("--json", "one JSON object a line")
  .option("--filter <text>", "only cases whose name contains this")
  .addOption(new Option("--device <device>", "backend").choices([...DEVICES]).default("auto"))
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
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
