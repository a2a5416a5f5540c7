/** @file Sequence bias: a number added to the score of the token that would complete a given sequence of ids; of a single
 *  id, always. Bad words are the bias −∞. A sequence longer than the text so far is ignored even if all of the text is its
 *  beginning, as in the library. */

import type { LogitsProcessor, ProcessorContext } from "./processor.js";

export type SequenceBias = readonly (readonly [ids: readonly number[], bias: number])[];

export function sequenceBias(biases: SequenceBias): LogitsProcessor {
  return (scores, context) => {
    const sums = new Map<number, number>();
    for (const [ids, bias] of biases) {
      if (!completes(ids, context)) continue;
      const last = ids.at(-1)!;
      sums.set(last, (sums.get(last) ?? 0) + bias);
    }
    for (const [id, sum] of sums) scores[id] = scores[id]! + sum;
  };
}

/** Forbids sequences of ids; one that is an end token alone is ignored, since the text could not end otherwise. */
export function badWords(
  words: readonly (readonly number[])[],
  eosTokenIds: readonly number[] = [],
): LogitsProcessor {
  const kept = words.filter((ids) => !(ids.length === 1 && eosTokenIds.includes(ids[0]!)));
  return sequenceBias(kept.map((ids) => [ids, Number.NEGATIVE_INFINITY] as const));
}

function completes(ids: readonly number[], { ids: past, length }: ProcessorContext): boolean {
  const before = ids.length - 1;
  if (before === 0) return true;
  if (ids.length > length) return false;
  for (let i = 0; i < before; i++) if (past[length - before + i] !== ids[i]) return false;
  return true;
}
