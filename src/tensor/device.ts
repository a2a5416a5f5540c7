/** @file Choosing a backend: `device` "native" (the C++ kernels as machine code), "wasm" (the same as WebAssembly), "reference"
 *  (plain TypeScript) or "auto": native where it was compiled, else WebAssembly, else the reference, with the reason. */

import { UserError } from "../platform/errors.js";
import type { Backend } from "./backend.js";
import { createNativeBackend, nativeAvailable } from "./backends/native/index.js";
import { createReferenceBackend } from "./backends/reference/index.js";
import { createWasmBackend, wasmAvailable } from "./backends/wasm/index.js";
import type { Compute } from "./dtype.js";
import { Engine } from "./engine.js";

export const DEVICES = ["auto", "native", "wasm", "reference"] as const;
export type Device = (typeof DEVICES)[number];

export interface CreateEngineOptions {
  readonly device?: Device;
  readonly compute?: Compute;
  readonly threads?: number;
  /** See EngineOptions. */
  readonly debugNumerics?: boolean;
  /** Told what "auto" uses in place of the native backend, and why. */
  readonly onFallback?: (why: string) => void;
}

/** Throws UserError `device-unavailable` where the backend asked for is not there; it names those that are. */
export function createEngine(options: CreateEngineOptions = {}): Engine {
  const { device = "auto", compute = "fp32", debugNumerics = false } = options;
  return new Engine({ backend: createBackend(device, options), compute, debugNumerics });
}

function createBackend(device: Device, options: CreateEngineOptions): Backend {
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  if (device === "reference") return createReferenceBackend();
  const native = device === "wasm" ? undefined : nativeAvailable();
  if (native?.ok) return createNativeBackend(threads);
  if (device === "native")
    throw unavailable(device, (native as { why: string }).why, wasmAvailable().ok ? "wasm" : undefined);
  const wasm = wasmAvailable();
  if (device === "wasm" && !wasm.ok)
    throw unavailable(device, wasm.why, nativeAvailable().ok ? "native" : undefined);
  if (wasm.ok) {
    if (native !== undefined && !native.ok) options.onFallback?.(`WebAssembly is used: ${native.why}`);
    return createWasmBackend(threads);
  }
  options.onFallback?.(
    `the reference backend is used, which is slow: ${(native as { why: string }).why}; ${wasm.why}`,
  );
  return createReferenceBackend();
}

function unavailable(device: "native" | "wasm", why: string, other: string | undefined): UserError {
  const there = [...(other === undefined ? [] : [other]), "reference"];
  return new UserError({
    code: "device-unavailable",
    message: `the ${device} backend cannot be used: ${why}`,
    expected: `one that is there: ${there.join(", ")}`,
    fix:
      device === "native"
        ? `leave it out for the best there is, or use --device ${there[0]}`
        : `use --device ${there[0]}`,
  });
}
