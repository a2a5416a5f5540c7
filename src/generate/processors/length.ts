/** @file Lengths: no end token before a minimum; ends and beginnings that are forced; an end that grows more likely. */

import { forbid, force, type LogitsProcessor } from "./processor.js";

/** No end token while there are fewer than `minimum` ids, the prompt (and its padding) included. */
export function minLength(minimum: number, eosTokenIds: readonly number[]): LogitsProcessor {
  return (scores, { length }) => {
    if (length < minimum) forbid(scores, eosTokenIds);
  };
}

/** No end token before `minimum` tokens were generated. */
export function minNewTokens(
  minimum: number,
  promptLength: number,
  eosTokenIds: readonly number[],
): LogitsProcessor {
  return minLength(promptLength + minimum, eosTokenIds);
}

/** The first token after a single one (a decoder's start) is this. */
export function forcedBos(id: number): LogitsProcessor {
  return (scores, { length }) => {
    if (length === 1) force(scores, [id]);
  };
}

/** The last token that `maxLength` ids (prompt included) leave room for is an end token. */
export function forcedEos(ids: readonly number[], maxLength: number): LogitsProcessor {
  return (scores, { length }) => {
    if (length === maxLength - 1) force(scores, ids);
  };
}

/** From `start` generated tokens on, the end token's score s grows by |s|·(factor^n − 1), n counting from there. */
export function exponentialDecay(
  start: number,
  factor: number,
  promptLength: number,
  eosTokenIds: readonly number[],
): LogitsProcessor {
  const from = start + promptLength;
  return (scores, { length }) => {
    if (length <= from) return;
    for (const id of eosTokenIds)
      scores[id] = scores[id]! + Math.abs(scores[id]!) * (factor ** (length - from) - 1);
  };
}
