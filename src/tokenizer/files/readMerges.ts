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
    const [left, right] = splitMerge(entry) ?? refuseMerge(entry, inside(place, rank));
    const idOf = (token: string) => vocabulary.ids.get(token) ?? refuseToken(token, inside(place, rank));
    pairs[2 * rank] = idOf(left);
    pairs[2 * rank + 1] = idOf(right);
    result[rank] = idOf(left + (prefix === "" ? right : right.slice(prefix.length)));
  });
  return { pairs, result };
}

/** Called some hundred thousand times. */
function splitMerge(entry: unknown): readonly [string, string] | undefined {
  if (typeof entry === "string") {
    const space = entry.indexOf(" ");
    if (space < 0 || entry.includes(" ", space + 1)) return undefined;
    return [entry.slice(0, space), entry.slice(space + 1)];
  }
  if (!Array.isArray(entry) || entry.length !== 2) return undefined;
  const [left, right] = entry as [unknown, unknown];
  return typeof left === "string" && typeof right === "string" ? [left, right] : undefined;
}

function refuseMerge(entry: unknown, place: Place): never {
  return refuse(
    place,
    "malformed-merge",
    "is not a merge",
    describe(entry),
    'two tokens, as ["a", "b"] or "a b"',
    "restore the line from the original file",
  );
}

function refuseToken(token: string, place: Place): never {
  return refuse(
    place,
    "merge-without-token",
    "needs a token that the vocabulary lacks",
    token,
    "a token of model.vocab",
    "vocabulary and merges must come from the same training",
  );
}
