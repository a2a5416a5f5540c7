/** @file What is published: the files of the package, and (CYGNET_FULL) that it works where it is installed: without a
 *  compiler over WebAssembly, with one compiled once however many ask, with a package of compiled kernels at once. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, Record<string, string>>;
  optionalDependencies?: Record<string, string>;
};

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

function pack(folder: string, ...flags: string[]): Packed {
  const { stdout, stderr } = spawnSync("npm", ["pack", "--json", "--ignore-scripts", ...flags], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout, stderr).toContain("filename");
  return (JSON.parse(stdout) as Packed[])[0]!;
}

describe("the tarball", () => {
  const { files, size } = pack(ROOT, "--dry-run");
  const paths = new Set(files.map(({ path }) => path));

  test("holds what the package names", () => {
    const named = [
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((entry) => Object.values(entry)),
    ].map((path) => path.replace("./", ""));
    const needed = [
      ...["dist/tensor/backends/native/install.js", "native/kernels.inc", "native/core/binding.cpp"],
      ...["native/isa/amx.cpp", "native/wasm/cygnet.wasm", "native/wasm/cygnet-relaxed.wasm", "LICENSE"],
    ];
    expect([...named, ...needed].filter((path) => !paths.has(path))).toEqual([]);
  });

  test("holds every source of the kernels that compile includes", () => {
    for (const path of paths) {
      if (!/^native\/.*\.(?:cpp|h|inc)$/.test(path)) continue;
      for (const [, name] of readFileSync(join(ROOT, path), "utf8").matchAll(/#include "([^"]+)"/g)) {
        const at = join(dirname(path), name!);
        const inKernels = join("native/kernels", name!);
        expect(paths.has(at) || paths.has(inKernels), `${path} includes ${name}`).toBe(true);
      }
    }
  });

  test("holds no tests, no benchmarks, nothing compiled here, and is small", () => {
    const wrong =
      /\.test\.|\.map$|conformance|^native\/(?:build|test)\/|^(?:src|test|bench|docs|prebuilt|scripts)\/|\.node$/;
    expect([...paths].filter((path) => wrong.test(path))).toEqual([]);
    expect(size).toBeLessThan(1_500_000);
  });
});

describe("packages of compiled kernels", () => {
  test("are dependencies only of what is published: none is there for the sources at hand", () => {
    expect(manifest.optionalDependencies).toBeUndefined();
  });

  const folder = join(ROOT, ".github/workflows");
  test.each(readdirSync(folder))("%s runs scripts and files that exist", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const scripts = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map((m) => m[1]!);
    expect(scripts.filter((script) => manifest.scripts[script] === undefined)).toEqual([]);
    const files = [...text.matchAll(/(?:vitest run|node) ((?:[\w./-]+\/[\w./-]+ ?)+)/g)].flatMap((m) =>
      m[1]!.trim().split(" "),
    );
    expect(files.filter((file) => !file.startsWith("dist/") && !existsSync(join(ROOT, file)))).toEqual([]);
    expect(scripts.length + files.length).toBeGreaterThan(0);
  });
});

/** A machine with these programs and no others. */
function pathOf(folder: string, programs: readonly string[]): string {
  mkdirSync(folder);
  for (const program of programs) {
    const { stdout } = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
    symlinkSync(stdout.trim(), join(folder, program));
  }
  return folder;
}

describe.skipIf(process.env.CYGNET_FULL === undefined)("installed", { timeout: 900_000 }, () => {
  const base = mkdtempSync(join(tmpdir(), "cygnet-package-"));
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  let tarball = "";
  let bare = "";
  beforeAll(() => {
    tarball = join(base, pack(ROOT, "--pack-destination", base).filename);
    bare = pathOf(join(base, "bin"), ["node", "npm", "npx", "sh", "env"]);
  });

  const environment = (path: string) => {
    const { CYGNET_THREADS: _, ...rest } = process.env;
    return { ...rest, PATH: path, CXX: "" };
  };
  const run = (cwd: string, path: string, program: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd,
      encoding: "utf8",
      env: environment(path),
    });
    expect(status, `${program} ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
    return stdout + stderr;
  };
  const installInto = (name: string, path: string, ...tarballs: string[]): string => {
    const folder = join(base, name);
    mkdirSync(folder);
    run(folder, path, "npm", "init", "-y");
    run(folder, path, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs);
    return folder;
  };

  test("without a compiler works over WebAssembly, and says so", () => {
    const folder = installInto("bare", bare, tarball);
    expect(run(folder, bare, "npx", "cygnet", "--help")).toContain("quickstart");
    expect(run(folder, bare, "npx", "cygnet", "doctor")).toMatch(
      /^native +there are no native kernels.*used +wasm/ms,
    );
    const said = run(folder, bare, "npx", "cygnet", "quickstart", "--minutes", "0.05", "--out", "run");
    expect(said).toMatch(
      /WebAssembly is used: .*install a C\+\+ compiler .* run npx cygnet doctor --compile/,
    );
    const program = `import { loadModel } from "cygnet";
      const model = loadModel("run/model", { onWarning: (line) => console.log(line) });
      const { text } = await model.generate("Once", { maxTokens: 5, seed: 1 });
      console.log(text.length > 0 ? "it speaks" : "");`;
    const spoken = run(folder, bare, "node", "--input-type=module", "-e", program);
    expect(spoken).toMatch(/WebAssembly is used/);
    expect(spoken).toContain("it speaks");
  });

  test("with compiled kernels of a package uses them, without a compiler", async () => {
    run(ROOT, process.env.PATH!, "npm", "run", "build:prebuilt");
    const [name] = readdirSync(join(ROOT, "prebuilt"));
    const packed = pack(join(ROOT, "prebuilt", name!), "--pack-destination", base);
    expect(packed.files.map(({ path }) => path).sort()).toEqual([
      "LICENSE",
      "README.md",
      "cygnet.node",
      "package.json",
    ]);
    const folder = installInto("prebuilt", bare, tarball, join(base, packed.filename));
    expect(existsSync(join(folder, "node_modules/cygnet/native/build"))).toBe(false);
    const said = run(folder, bare, "npx", "cygnet", "doctor");
    expect(said).toMatch(/@cygnet\/native-.*cygnet\.node$/m);
    expect(said).toMatch(/^used +native/m);
  });

  test("compiles once, however many ask at a time", async () => {
    const path = process.env.PATH!;
    const folder = installInto("compiled", bare, tarball);
    const env = { ...environment(path), CYGNET_BUILD_ISAS: "baseline" };
    const ask = () =>
      new Promise<string>((done) => {
        const child = spawn("npx", ["cygnet", "doctor", "--compile"], { cwd: folder, env });
        let said = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += piece));
        child.on("close", (status) => done(`${said}status ${status}`));
      });
    const answers = await Promise.all([ask(), ask(), ask()]);
    for (const answer of answers) expect(answer).toMatch(/^used +native[\s\S]*status 0/m);
    expect(answers.filter((answer) => answer.includes("compiling with"))).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes("waiting for process"))).toHaveLength(2);
  });
});
