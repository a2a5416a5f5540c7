import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { withLock } from "./lock.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "inside/lock");

it("lets one in at a time, in the end all, and tells those who wait once", async () => {
  let inside = 0;
  let most = 0;
  const waited: number[] = [];
  const enter = () =>
    withLock(
      file,
      async () => {
        most = Math.max(most, ++inside);
        await setTimeout(150);
        inside--;
      },
      { onWait: (holder) => waited.push(holder) },
    );
  await Promise.all([enter(), enter(), enter()]);
  expect(most).toBe(1);
  expect(waited).toEqual([process.pid, process.pid]);
  expect(existsSync(file)).toBe(false);
});

it("gives the lock back after an error", async () => {
  await expect(
    withLock(file, async () => {
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(existsSync(file)).toBe(false);
});

it("goes on where the holder has ended", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(file, String(pid));
  expect(await withLock(file, async () => 7, { onWait: () => expect.fail("waited") })).toBe(7);
});
