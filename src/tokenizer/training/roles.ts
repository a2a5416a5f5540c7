/** @file Roles where the caller names none. */

import type { TokenRoles } from "../tokenizer.js";

/** GPT-2's convention: `<|endoftext|>` stands between documents. */
export function defaultRoles(specialTokens: readonly string[]): TokenRoles {
  return specialTokens.includes("<|endoftext|>") ? { eos: "<|endoftext|>" } : {};
}
