import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { packageVersion } from "../../../platform/package.js";
import { findPrebuilt, kernelSources, PLATFORMS, prebuiltName } from "./prebuilt.js";

const here = PLATFORMS.find((p) => p.system === process.platform && p.processor === process.arch)!;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cygnet-prebuilt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As npm would have installed it. */
function installed(manifest: object, addon = true) {
  const at = join(folder, prebuiltName(here));
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "package.json"), JSON.stringify(manifest));
  if (addon) writeFileSync(join(at, "cygnet.node"), "");
  return findPrebuilt((name) => {
    if (!name.startsWith(prebuiltName(here))) throw new Error("not installed");
    return join(folder, name);
  });
}
const good = () => ({ version: packageVersion(), cygnet: { sources: kernelSources() } });

it("takes the package of this machine", () => {
  expect(installed(good())).toEqual({
    ok: true,
    name: prebuiltName(here),
    file: join(folder, prebuiltName(here), "cygnet.node"),
  });
});

it("says nothing where none is installed", () => {
  const none = findPrebuilt(() => {
    throw new Error("not installed");
  });
  expect(none).toEqual({ ok: false });
});

it.each([
  ["another version", { version: "0.0.1" }, /is of version 0\.0\.1/],
  ["other sources", { cygnet: { sources: "0".repeat(64) } }, /other sources/],
  ["sources unknown", { cygnet: {} }, /other sources/],
  ["no record at all", { cygnet: undefined }, /other sources/],
])("does not take one of %s, and says why", (_what, wrong, why) => {
  const found = installed({ ...good(), ...wrong });
  expect(found.ok).toBe(false);
  expect((found as { why: string }).why).toMatch(why);
});

it("does not take one without its file", () => {
  expect(installed(good(), false)).toMatchObject({ ok: false, why: expect.stringMatching(/missing/) });
});

it("names every platform once, with its C library", () => {
  const names = PLATFORMS.map(prebuiltName);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain("@cygnet/native-linux-arm64-musl");
});
