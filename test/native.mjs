// The conformance suite of the native backend over another build of the kernels: node test/native.mjs sanitize | threads |
// arm64. Needs the build (npm run build). Where the tools are not there it says so and succeeds. Compiled are the instruction
// sets that run here (a sanitizer's build of one that does not takes minutes and is never called); CYGNET_BUILD_ISAS
// overrides that, and CYGNET_EMULATE=1 adds the wide ones on plain vectors.
import { spawnSync } from "node:child_process";
import { loadNative } from "../dist/tensor/backends/native/addon.js";
import { bridgeFile, buildNative, VARIANTS } from "../dist/tensor/backends/native/build.js";

const variant = VARIANTS.find(({ name }) => name === process.argv[2]);
if (variant === undefined) {
  console.error(`usage: node test/native.mjs ${VARIANTS.map(({ name }) => name).join(" | ")}`);
  process.exit(2);
}
const runs = (program) => spawnSync(program, ["--version"]).status === 0;
const emulator = variant.name === "arm64" && process.arch !== "arm64" ? "qemu-aarch64 " : "";
if (emulator !== "" && !runs("qemu-aarch64")) {
  console.log("skipped: qemu-aarch64 is not installed (apt-get install qemu-user)");
  process.exit(0);
}
const here = loadNative();
if (here.ok) process.env.CYGNET_BUILD_ISAS ??= here.addon.isas().replaceAll(" ", ",");
const built = await buildNative({
  variant,
  emulated: !variant.baselineOnly && variant.name === "sanitize" && process.env.CYGNET_EMULATE === "1",
  onCompile: (compiler) => console.log(`compiling the kernels for ${variant.name} with ${compiler} …`),
});
if (!built.built) {
  console.log(`${runs(variant.compiler) ? "failed" : "skipped"}: ${built.why}`);
  process.exit(runs(variant.compiler) ? 1 : 0);
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
  { stdio: "inherit", env: { ...process.env, CYGNET_BRIDGE: emulator + bridgeFile(variant.name) } },
);
console.log(
  `${variant.name}: ${status === 0 ? "passed" : "failed"} after ${Math.round((Date.now() - started) / 1000)} s`,
);
process.exit(status ?? 1);
