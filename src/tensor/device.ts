/** @file Choosing a backend: `device` "native" (the C++ kernels), "reference" (plain TypeScript) or "auto" (native where it
 *  was compiled, else the reference, with the reason). */

import { UserError } from "../platform/errors.js";
import { createNativeBackend, nativeAvailable } from "./backends/native/index.js";
import { createReferenceBackend } from "./backends/reference/index.js";
import type { Compute } from "./dtype.js";
import { Engine } from "./engine.js";

export type Device = "auto" | "native" | "reference";

export interface CreateEngineOptions {
  readonly device?: Device;
  readonly compute?: Compute;
  readonly threads?: number;
  /** Told why the native backend is not used when "auto" falls back. */
  readonly onFallback?: (why: string) => void;
}

export function createEngine(options: CreateEngineOptions = {}): Engine {
  const { device = "auto", compute = "fp32", threads } = options;
  if (device === "reference") return new Engine({ backend: createReferenceBackend(), compute });
  const available = nativeAvailable();
  if (available.ok)
    return new Engine({ backend: createNativeBackend(threads === undefined ? {} : { threads }), compute });
  if (device === "native") {
    throw new UserError({
      code: "native-unavailable",
      message: `the native backend cannot be used: ${available.why}`,
      fix: "install a C++ compiler and run npm install again, or use --device reference",
    });
  }
  options.onFallback?.(available.why);
  return new Engine({ backend: createReferenceBackend(), compute });
}
