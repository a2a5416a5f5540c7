/** @file An option that cannot be what it was set to. */

import { UserError } from "../platform/errors.js";

export function optionInvalid(at: string, found: unknown, expected: string): UserError {
  return new UserError({ code: "option-invalid", at, message: "cannot be", found, expected });
}
