/** @file What is said of an id that no token has. */

import { UserError } from "../../platform/errors.js";

/** `size`: how many tokens the vocabulary has. */
export function unknownTokenId(id: number, size: number): UserError {
  return new UserError({
    code: "unknown-token-id",
    message: "the vocabulary has no token with this id",
    found: id,
    expected: `an id below ${size}`,
    fix: "use the tokenizer that belongs to the model",
  });
}
