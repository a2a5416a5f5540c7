import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const MAIN = resolve(process.env.CYGNET_MAIN ?? "dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "cygnet-quickstart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.env.CYGNET_FULL === undefined || !existsSync(MAIN))(
  "quickstart (CYGNET_FULL, needs npm run build)",
  () => {
    test("leaves a model, a report and stories; a second time it trains no more", {
      timeout: 600_000,
    }, () => {
      const run = () =>
        spawnSync(
          process.execPath,
          [MAIN, "quickstart", "--minutes", "0.2", "--out", join(folder, "village")],
          { encoding: "utf8" },
        );
      const first = run();
      expect(first.status).toBe(0);
      for (const name of [
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/cygnet.json",
        "report.html",
      ])
        expect(existsSync(join(folder, "village", name))).toBe(true);
      expect(first.stderr).toContain("Once upon a time");
      expect(first.stderr).toContain("cygnet chat");
      const last = first.stdout.trim().split("\n").at(-1)!;
      expect(JSON.parse(last)).toMatchObject({ type: "done" });
      const second = run();
      expect([second.status, second.stdout]).toEqual([0, ""]);
      expect(second.stderr).toContain("finished model already");
    });
  },
);
