// node scripts/build.mjs PROJECT FOLDER: TypeScript → FOLDER (dist/, dist-bench/). Compiled beside it first; then only files
// that changed take their places, each by one rename, so that programs which run or start meanwhile find every file whole.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [project, folder] = process.argv.slice(2);
if (project === undefined || folder === undefined) {
  console.error("usage: node scripts/build.mjs PROJECT FOLDER");
  process.exit(2);
}
process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const fresh = `${folder}.${process.pid}.tmp`;
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
try {
  const { status } = spawnSync(process.execPath, [tsc, "-p", project, "--outDir", fresh], {
    stdio: "inherit",
  });
  if (status === 0) install();
  else process.exitCode = status ?? 1;
} finally {
  fs.rmSync(fresh, { recursive: true, force: true });
}

function install() {
  const files = filesBelow(fresh);
  for (const file of files) {
    const [from, to] = [join(fresh, file), join(folder, file)];
    if (fs.existsSync(to) && fs.readFileSync(from).equals(fs.readFileSync(to))) continue;
    if (fs.readFileSync(from, "latin1").startsWith("#!")) fs.chmodSync(from, 0o755);
    fs.mkdirSync(dirname(to), { recursive: true });
    fs.renameSync(from, to);
  }
  // What the sources no longer give, but nothing that others put there.
  const kept = new Set(files);
  for (const file of filesBelow(folder))
    if (/\.(?:js|d\.ts|map)$/.test(file) && !kept.has(file)) fs.rmSync(join(folder, file), { force: true });
}

function filesBelow(root) {
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
}
