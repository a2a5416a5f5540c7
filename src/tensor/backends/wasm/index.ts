/** @file The WebAssembly backend: the C++ kernels where nothing can be compiled, and in browsers. Each backend has a memory
 *  and threads of its own, up to 4 GiB in all. */

import { UserError } from "../../../platform/errors.js";
import { environment, processors } from "../../../platform/native.js";
import { sharesMemory } from "../../../platform/wasm.js";
import type { Backend } from "../../backend.js";
import { operationsOf } from "../compiled.js";
import { wantedThreads } from "../threads.js";
import { createMachine } from "./machine.js";
import { usableWasm, type WasmIsa } from "./module.js";

export interface WasmOptions {
  /** Default $CYGNET_THREADS, else the processors there are. One where memory cannot be shared (a page that is not
   *  cross-origin isolated). */
  readonly threads?: number;
  /** simd or relaxed-simd; default $CYGNET_WASM_ISA, else relaxed-simd where multiply-adds round once. */
  readonly isa?: string;
  /** Whether memory may be shared between threads; default wherever it can be. */
  readonly shared?: boolean;
  /** Pages of 64 KiB that the memory may have; default 4 GiB. */
  readonly mostPages?: number;
}

const MOST_THREADS = 64;

export function wasmAvailable(): { ok: true } | { ok: false; why: string } {
  const usable = usableWasm();
  return usable.ok ? { ok: true } : usable;
}

/** Throws UserError `wasm-unavailable`, `isa-unavailable` (relaxed SIMD is not here) or `invalid-threads`. */
export function createWasmBackend(options: WasmOptions = {}): Backend {
  const shared = sharesMemory() && options.shared !== false;
  const threads = Math.min(wantedThreads(options.threads) ?? processors(), MOST_THREADS);
  const machine = createMachine(chooseIsa(options.isa ?? environment("CYGNET_WASM_ISA")), {
    threads,
    shared,
    ...(options.mostPages === undefined ? {} : { mostPages: options.mostPages }),
  });
  return {
    name: "wasm",
    isa: machine.isa(),
    threads: machine.threads,
    ...operationsOf(machine),
    dispose: () => machine.stop(),
  };
}

function chooseIsa(wanted: string | undefined): WasmIsa {
  const usable = usableWasm();
  if (!usable.ok)
    throw new UserError({
      code: "wasm-unavailable",
      message: `the WebAssembly backend cannot be used: ${usable.why}`,
    });
  if (wanted === undefined) return usable.isas.at(-1)!;
  const found = usable.isas.find((isa) => isa === wanted);
  if (found !== undefined) return found;
  throw new UserError({
    code: "isa-unavailable",
    at: "CYGNET_WASM_ISA",
    message: "WebAssembly has no such instruction set here",
    found: wanted,
    expected: `one of ${usable.isas.join(", ")}`,
    fix: "leave CYGNET_WASM_ISA unset for the best of them",
  });
}
