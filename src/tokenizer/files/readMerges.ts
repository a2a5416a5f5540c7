/** @file The `merges` of a BPE model, as pairs or as "left right", checked against the vocabulary. */

import type { Place } from "./check.js";
import { asArray, describe, inside, refuse } from "./check.js";
import type { Vocabulary } from "./vocabulary.js";

export interface Merges {
  /** Left and right id by rank. [merges × 2] */
  readonly pairs: Int32Array;
  /** What each gives. [merges] */
  readonly result: Int32Array;
}

/** `prefix`: what the right side of a merge has in front and its result has not. */
export function readMerges(value: unknown, vocabulary: Vocabulary, place: Place, prefix = ""): Merges {
  const list = asArray(value, place);
  const pairs = new Int32Array(list.length * 2);
  const result = new Int32Array(list.length);
  list.forEach((entry, rank) => {
    const here = inside(place, rank);
    const [left, right] = splitMerge(entry, here);
    pairs[2 * rank] = idOf(left, vocabulary, here);
    pairs[2 * rank + 1] = idOf(right, vocabulary, here);
    result[rank] = idOf(left + right.slice(prefix.length), vocabulary, here);
  });
  return { pairs, result };
}

function splitMerge(entry: unknown, place: Place): [string, string] {
  const parts = typeof entry === "string" ? entry.split(" ") : entry;
  if (
    Array.isArray(parts) &&
    parts.length === 2 &&
    typeof parts[0] === "string" &&
    typeof parts[1] === "string"
  )
    return [parts[0], parts[1]];
  return refuse(
    place,
    "malformed-merge",
    "is not a merge",
    describe(entry),
    'two tokens, as ["a", "b"] or "a b"',
    "restore the line from the original file",
  );
}

function idOf(token: string, vocabulary: Vocabulary, place: Place): number {
  const id = vocabulary.ids.get(token);
  if (id !== undefined) return id;
  return refuse(
    place,
    "merge-without-token",
    "needs a token that the vocabulary lacks",
    token,
    "a token of model.vocab",
    "vocabulary and merges must come from the same training",
  );
}
