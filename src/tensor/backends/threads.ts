/** @file How many threads a backend is asked for. */

import { UserError } from "../../platform/errors.js";
import { environment } from "../../platform/native.js";

/** `given`, else $CYGNET_THREADS, else undefined: whatever the backend thinks best. Throws UserError `invalid-threads`. */
export function wantedThreads(given: number | undefined): number | undefined {
  const text = environment("CYGNET_THREADS");
  const threads = given ?? (text === undefined ? undefined : Number(text));
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 256)) return threads;
  throw new UserError({
    code: "invalid-threads",
    ...(given === undefined ? { at: "CYGNET_THREADS" } : {}),
    message: "the number of threads is not usable",
    found: text ?? threads,
    expected: "a whole number from 1 to 256",
  });
}
