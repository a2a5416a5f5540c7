/** @file `cygnet doctor`: what this machine computes with, and why not with more; `--compile` makes the native kernels. */

import { z } from "zod";
import { UserError } from "../platform/errors.js";
import { describeMachine } from "../platform/machine.js";
import { packageVersion } from "../platform/package.js";
import { loadNative } from "../tensor/backends/native/addon.js";
import { buildNative } from "../tensor/backends/native/build.js";
import { usableWasm } from "../tensor/backends/wasm/module.js";
import { command } from "./command.js";
import type { Io } from "./io.js";

const DoctorSchema = z.strictObject({
  compile: z.boolean().default(false).describe("compile the native kernels for this machine"),
});

export const doctorCommand = command({
  name: "doctor",
  summary: "say what this machine computes with, and why not with more",
  schema: DoctorSchema,
  examples: ["cygnet doctor", "cygnet doctor --compile"],
  async run(given, io) {
    const { compile } = DoctorSchema.parse(given);
    if (compile) await compileKernels(io);
    for (const line of diagnosis()) io.out.write(`${line}\n`);
  },
});

async function compileKernels(io: Io): Promise<void> {
  const built = await buildNative({
    onCompile: (compiler) => io.err.write(`compiling with ${compiler}, a minute or two …\n`),
    onWait: (holder) => io.err.write(`waiting for process ${holder}, which is compiling …\n`),
  });
  if (!built.built)
    throw new UserError({
      code: "native-not-compiled",
      message: `the native kernels were not compiled: ${built.why}`,
    });
}

/** A line a fact. */
export function diagnosis(): string[] {
  const machine = describeMachine();
  const native = loadNative();
  const wasm = usableWasm();
  const sets = (isas: readonly string[]) => `${isas.at(-1)} (has ${isas.join(", ")})`;
  const used = native.ok ? "native" : wasm.ok ? "wasm" : "reference";
  return [
    `cygnet     ${packageVersion()}, Node ${machine.node}, ${machine.system}`,
    `machine    ${machine.processor}, ${machine.cores} processors, ${(machine.memory / 2 ** 30).toFixed(1)} GiB`,
    `native     ${native.ok ? `${sets(native.addon.isas().split(" "))}, ${native.file}` : native.why}`,
    `wasm       ${wasm.ok ? sets(wasm.isas) : wasm.why}`,
    "reference  plain TypeScript, slow, always there",
    `used       ${used}, where no --device is given`,
  ];
}
