/** @file The compiled addon as TypeScript sees it: kernels by name, memory, threads, instruction set. */

import { exists } from "../../../platform/files.js";
import { loadAddon } from "../../../platform/native.js";
import type { Machine } from "../compiled.js";
import type { Kernels } from "../kernels.js";
import { addonFile, compilerAdvice, findCompiler } from "./build.js";

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
  | { readonly ok: true; readonly addon: Addon & Kernels }
  | { readonly ok: false; readonly why: string };

export function loadNative(emulated = false): Loaded {
  const file = addonFile(emulated);
  if (!exists(file)) {
    const why =
      findCompiler() === undefined
        ? `no C++ compiler was found when it was installed (${compilerAdvice()})`
        : "its kernels have not been compiled (npm run build)";
    return { ok: false, why };
  }
  try {
    return { ok: true, addon: loadAddon(file) as Addon & Kernels };
  } catch (error) {
    return { ok: false, why: `${file} cannot be loaded (${(error as Error).message})` };
  }
}
