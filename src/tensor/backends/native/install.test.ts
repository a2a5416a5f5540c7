import { afterEach, expect, it } from "vitest";
import { exists, joinPath, listFolder } from "../../../platform/files.js";
import { run } from "../../../platform/native.js";
import { packageRoot } from "../../../platform/package.js";
import { buildNative } from "./build.js";
import { install } from "./install.js";

const saved = { PATH: process.env.PATH, CXX: process.env.CXX };
afterEach(() => {
  for (const [name, value] of Object.entries(saved)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

it("without a compiler says what happened and what to install, in one line", async () => {
  process.env.PATH = "/nonexistent";
  delete process.env.CXX;
  const line = await install();
  expect(line).toMatch(/^cygnet: .*no C\+\+ compiler.*(apt-get install g\+\+|xcode-select --install)/);
  expect(line).not.toContain("\n");
});

it("a compiler named by CXX that does not run is not replaced by another", async () => {
  process.env.CXX = "/nonexistent/c++";
  expect(await buildNative()).toMatchObject({ built: false });
});

it("object files of instruction sets share nothing but their one entry", ({ skip }) => {
  const folder = joinPath(packageRoot(), "native/build");
  const objects = (exists(folder) ? listFolder(folder) : []).filter((name) =>
    /^(baseline|avx2|avx512|avx512bf16|amx)-\w+\.o$/.test(name),
  );
  if (objects.length === 0 || !run("nm", ["--version"]).ok) skip("no objects, or no nm");
  for (const name of objects) {
    const { stdout } = run("nm", ["-C", joinPath(folder, name)]);
    const shared = stdout
      .split("\n")
      .filter((line) => / [A-Zvw] /.test(line) && !/ U /.test(line) && !line.includes("fill_table"));
    expect(shared, name).toEqual([]);
  }
});
