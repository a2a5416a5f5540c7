/** @file Tokens that never come, or never come first. */

import { forbid, type LogitsProcessor } from "./processor.js";

export function suppressTokens(ids: readonly number[]): LogitsProcessor {
  return (scores) => forbid(scores, ids);
}

/** `beginIndex`: how many ids there are before the first that is generated. */
export function suppressAtBegin(ids: readonly number[], beginIndex: number): LogitsProcessor {
  return (scores, { length }) => {
    if (length === beginIndex) forbid(scores, ids);
  };
}
