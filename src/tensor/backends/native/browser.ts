/** @file The browser's side of index.ts: nothing native runs in a page. */

import { UserError } from "../../../platform/errors.js";
import type { Backend } from "../../backend.js";

const why = "a browser runs WebAssembly only";

export function nativeAvailable(): { ok: true } | { ok: false; why: string } {
  return { ok: false, why };
}

export function createNativeBackend(): Backend {
  throw new UserError({
    code: "native-unavailable",
    message: `the native backend cannot be used: ${why}`,
  });
}
