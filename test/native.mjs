// The conformance suite of the native backend over another build of the kernels: node test/native.mjs sanitize | threads |
// arm64 | windows. Needs the build (npm run build). Where the tools are not there it says so and succeeds. A sanitizer's build
// has the instruction sets that run here (one that does not takes minutes and is never called); CYGNET_BUILD_ISAS overrides
// that, and CYGNET_EMULATE=1 adds the wide ones on plain vectors.
import { spawnSync } from "node:child_process";
import { loadNative } from "../dist/tensor/backends/native/addon.js";
import { bridgeFile, buildNative } from "../dist/tensor/backends/native/build.js";
import { VARIANTS } from "../dist/tensor/backends/native/toolchain.js";

const variant = VARIANTS.find(({ name }) => name === process.argv[2]);
if (variant === undefined) {
  console.error(`usage: node test/native.mjs ${VARIANTS.map(({ name }) => name).join(" | ")}`);
  process.exit(2);
}
const runs = (program) => spawnSync(program, ["--version"]).status === 0;
/** What runs programs of another machine: its usual places, and how to get it. */
const emulators = {
  arm64: { programs: process.arch === "arm64" ? [] : ["qemu-aarch64"], from: "qemu-user" },
  windows: { programs: ["wine64", "/usr/lib/wine/wine64"], from: "wine64" },
};
const { programs, from } = emulators[variant.name] ?? { programs: [] };
const emulator = programs.find(runs);
if (programs.length > 0 && emulator === undefined) {
  console.log(`skipped: ${programs[0]} is not installed (apt-get install ${from})`);
  process.exit(0);
}
const here = loadNative();
if (here.ok && variant.system === undefined)
  process.env.CYGNET_BUILD_ISAS ??= here.addon.isas().replaceAll(" ", ",");
const build = (options) =>
  buildNative({
    ...options,
    variant,
    emulated: !variant.baselineOnly && variant.name === "sanitize" && process.env.CYGNET_EMULATE === "1",
    onCompile: (compiler) => console.log(`compiling the kernels for ${variant.name} with ${compiler} …`),
  });
const built = await build({});
if (!built.built) {
  console.log(`${runs(variant.compiler) ? "failed" : "skipped"}: ${built.why}`);
  process.exit(runs(variant.compiler) ? 1 : 0);
}
if (variant.system !== undefined) {
  const addon = await build({ addon: true });
  console.log(addon.built ? `linked ${addon.file}` : `failed: ${addon.why}`);
  if (!addon.built) process.exit(1);
}
const started = Date.now();
const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "src/tensor/backends/conformance.test.ts",
    "--testNamePattern=native backend",
    "--testTimeout=600000",
  ],
  {
    stdio: "inherit",
    env: { ...process.env, CYGNET_BRIDGE: [emulator, bridgeFile(variant.name)].filter(Boolean).join(" ") },
  },
);
console.log(
  `${variant.name}: ${status === 0 ? "passed" : "failed"} after ${Math.round((Date.now() - started) / 1000)} s`,
);
process.exit(status ?? 1);
