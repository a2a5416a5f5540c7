/** @file The native backend: the C++ kernels as an addon of Node. Threads and instruction set are the process's: the last
 *  backend made sets them. */

import { UserError } from "../../../platform/errors.js";
import { environment } from "../../../platform/native.js";
import type { Backend } from "../../backend.js";
import { operationsOf } from "../compiled.js";
import type { Kernels } from "../kernels.js";
import { wantedThreads } from "../threads.js";
import { type Addon, loadNative } from "./addon.js";

export interface NativeOptions {
  /** Threads of the process from now on; default $CYGNET_THREADS, else the processors it may use. */
  readonly threads?: number;
  /** baseline, avx2, avx512, avx512bf16 or amx; default $CYGNET_ISA, else the best the machine has. */
  readonly isa?: string;
  /** The build for tests, whose wide instructions are emulated. */
  readonly emulated?: boolean;
}

export function nativeAvailable(): { ok: true } | { ok: false; why: string } {
  const loaded = loadNative();
  return loaded.ok ? { ok: true } : loaded;
}

/** Throws UserError `native-unavailable` (not compiled), `isa-unavailable` (this machine lacks it) or `invalid-threads`. */
export function createNativeBackend(options: NativeOptions = {}): Backend {
  const loaded = loadNative(options.emulated);
  if (!loaded.ok)
    throw new UserError({
      code: "native-unavailable",
      message: `the native backend cannot be used: ${loaded.why}`,
    });
  return backendOf(loaded.addon, options);
}

/** The contract by an addon, or by what has the same functions. */
export function backendOf(addon: Addon & Kernels, options: NativeOptions = {}): Backend {
  chooseIsa(addon, options.isa ?? environment("CYGNET_ISA") ?? "");
  chooseThreads(addon, options.threads);
  return {
    name: "native",
    isa: addon.isa(),
    threads: addon.threads(),
    ...operationsOf(addon),
    dispose() {},
  };
}

function chooseIsa(addon: Addon, isa: string): void {
  try {
    addon.useIsa(isa);
  } catch (error) {
    const usable = (error as Error).message.split(" ");
    throw new UserError({
      code: "isa-unavailable",
      at: "CYGNET_ISA",
      message: "this machine or build lacks the instruction set",
      found: isa,
      expected: `one of ${usable.join(", ")}`,
      fix: "leave CYGNET_ISA unset for the best of them",
    });
  }
}

function chooseThreads(addon: Addon, given: number | undefined): void {
  const threads = wantedThreads(given);
  if (threads !== undefined) addon.setThreads(threads);
}
