/** @file The error of a request for memory that cannot be granted: how much, of how much, and what to do. */

import { UserError } from "../../platform/errors.js";

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** `what` the memory was for; `memory`: bytes in use, and at most. */
export function outOfMemory(
  what: string,
  bytes: number,
  memory: { readonly bytes: number; readonly limit: number },
  cause: unknown,
): UserError {
  return new UserError({
    code: "out-of-memory",
    message: `there is not enough memory for ${what}`,
    found: `a request of ${gib(bytes)} with ${gib(memory.bytes)} in use`,
    expected: `at most ${gib(memory.limit)} in all`,
    fix: "make the batch, the context or the model smaller",
    cause,
  });
}
