/** The command itself, in a process of its own. Needs the build (`npm test` makes it first). */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cygnet-parity-main-"));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "empty"));
mkdirSync(join(root, "bad/case"), { recursive: true });
writeFileSync(join(root, "bad/case/case.json"), "{");

test.each([
  ["no folder", [], 2, /missing required argument/],
  ["a misspelt flag", ["--jsno", root], 2, /--json/],
  ["a folder that is not there", [join(root, "nowhere")], 1, /nowhere: is not a folder\. Name a folder/],
  ["a folder without cases", [join(root, "empty")], 1, /empty: holds no case; expected a case\.json/],
  ["a filter that nothing passes", [join(root, "bad"), "--filter", "zz"], 1, /--filter: none of 1 cases/],
  ["a malformed case", [join(root, "bad")], 1, /^FAIL case: .*is not valid JSON/],
] as const)("%s: a message without a stack, and the exit code", (_, words, code, message) => {
  const main = resolve("dist/evaluate/parity/main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
  expect(stdout + stderr).toMatch(message);
  expect(stdout + stderr).not.toMatch(/\n\s+at /);
  expect(status).toBe(code);
});
