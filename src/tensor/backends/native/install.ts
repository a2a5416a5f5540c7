/** @file What `npm install` and `npm run build` run: compiles the native kernels where that is possible. Installed as a
 *  package, kernels that came compiled are used as they are. Without a compiler it says so in one line and succeeds:
 *  WebAssembly works meanwhile. */

import { environment, isProgram, printLine } from "../../../platform/native.js";
import { loadNative } from "./addon.js";
import { buildNative } from "./build.js";
import { findPrebuilt } from "./prebuilt.js";

/** Builds and reports; returns the line to print ("" = nothing to say). `say` is told of what takes a while. */
export async function install(say: (line: string) => void = () => {}): Promise<string> {
  const emulated = environment("CYGNET_EMULATE") === "1";
  const result = await buildNative({
    emulated,
    onCompile: (compiler) => say(`cygnet: compiling the native kernels with ${compiler}, a minute or two …`),
    onWait: (holder) => say(`cygnet: waiting for process ${holder}, which is compiling them …`),
  });
  if (result.built)
    return result.compiled > 0 ? `cygnet: compiled the native kernels (${result.compiled} files)` : "";
  return `cygnet: the native kernels were not compiled, so models run on WebAssembly: ${result.why}`;
}

/** npm's `install` script: nothing where compiled kernels of a package work already. */
export async function main(): Promise<void> {
  if (findPrebuilt().ok && loadNative().ok) return;
  await build();
}

async function build(): Promise<void> {
  const line = await install(printLine);
  if (line !== "") printLine(line);
}

if (isProgram(import.meta.url)) await build();
