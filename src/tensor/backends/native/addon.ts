/** @file The compiled addon as TypeScript sees it: kernels by name, memory, threads, instruction set. The one compiled here
 *  is taken, else that of a package for this machine (prebuilt.ts). */

import { exists } from "../../../platform/files.js";
import { loadAddon } from "../../../platform/native.js";
import type { Machine } from "../compiled.js";
import type { Kernels } from "../kernels.js";
import { addonFile } from "./build.js";
import { findPrebuilt } from "./prebuilt.js";
import { compilerAdvice, findCompiler } from "./toolchain.js";

export interface Addon extends Machine {
  view(address: number, bytes: number): ArrayBuffer;
  memory(): { bytes: number; peakBytes: number; resident: number; limit: number };
  trim(): void;
  threads(): number;
  setThreads(count: number): void;
  /** Names usable here, best last, separated by spaces. */
  isas(): string;
  useIsa(name: string): void;
}

export type Loaded =
  | { readonly ok: true; readonly addon: Addon & Kernels; readonly file: string }
  | { readonly ok: false; readonly why: string };

/** How to get native kernels where there are none. */
export const COMPILE_COMMAND = "npx cygnet doctor --compile";

export function loadNative(emulated = false): Loaded {
  const own = addonFile(emulated);
  const reasons: string[] = [];
  if (exists(own)) {
    const loaded = load(own);
    if (loaded.ok) return loaded;
    reasons.push(loaded.why);
  }
  const prebuilt = emulated ? { ok: false as const } : findPrebuilt();
  if (prebuilt.ok) {
    const loaded = load(prebuilt.file);
    if (loaded.ok) return loaded;
    reasons.push(loaded.why);
  } else if (prebuilt.why !== undefined) reasons.push(prebuilt.why);
  if (reasons.length === 0) reasons.push("they have not been compiled");
  const compile =
    findCompiler() === undefined
      ? `install a C++ compiler (${compilerAdvice()}) and run ${COMPILE_COMMAND}`
      : `run ${COMPILE_COMMAND}`;
  return { ok: false, why: `there are no native kernels: ${reasons.join("; ")}. For them, ${compile}` };
}

function load(file: string): Loaded {
  try {
    return { ok: true, addon: loadAddon(file) as Addon & Kernels, file };
  } catch (error) {
    return { ok: false, why: `${file} cannot be loaded (${(error as Error).message})` };
  }
}
