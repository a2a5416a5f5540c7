/** @file OpenAI's penalties, of generated tokens only: score − count·frequency − [count > 0]·presence (API reference). */

import type { LogitsProcessor } from "./processor.js";

export function openaiPenalties(frequency: number, presence: number, promptLength: number): LogitsProcessor {
  return (scores, { ids, length }) => {
    const counts = new Map<number, number>();
    for (let i = promptLength; i < length; i++) counts.set(ids[i]!, (counts.get(ids[i]!) ?? 0) + 1);
    for (const [id, count] of counts) scores[id] = scores[id]! - count * frequency - presence;
  };
}
