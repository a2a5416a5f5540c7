/** @file What a logits processor is: a function that changes one row of scores [vocab] in place, −∞ meaning "never", given
 *  the ids so far. Greedy decoding and sampling hand it logits; beam search log-probabilities (as Hugging Face does, so
 *  that a repetition penalty means different things there). */

export interface ProcessorContext {
  /** Ids so far, prompt first; only the first `length` count. */
  readonly ids: Int32Array;
  readonly length: number;
  /** How many of them are padding at the left end; 0 but where a padded batch of another library is followed exactly. */
  readonly padding: number;
}

export type LogitsProcessor = (scores: Float32Array, context: ProcessorContext) => void;

/** Largest finite float32. */
export const MAX_F32 = 3.4028234663852886e38;

/** Sets all scores but those of `ids` to −∞ and those to `score`. */
export function force(scores: Float32Array, ids: readonly number[], score = 0): void {
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) scores[id] = score;
}

export function forbid(scores: Float32Array, ids: Iterable<number>): void {
  for (const id of ids) if (id < scores.length) scores[id] = Number.NEGATIVE_INFINITY;
}
