/** @file A special token as formats without flags have it: found as it is written, wherever it stands. */

import type { AddedToken } from "../tokenizer.js";

export function specialToken(id: number, content: string): AddedToken {
  return { id, content, special: true, singleWord: false, lstrip: false, rstrip: false, normalized: false };
}
