/** @file Which pairs make which batch: bucketing by length. Pairs in random order are sorted by length within windows of
 *  many batches, cut into batches of pairs of about one length, and the batches dealt in random order: little padding, and
 *  little order left. */

import type { TokenPairs } from "./openPairs.js";
import { type Random, shuffle } from "./random.js";

/** How much goes into a batch: so many pairs, or so many that rows · longest side ≤ `batchTokens`, for sources and targets
 *  each. */
export type BatchSize =
  | { readonly batch: number; readonly batchTokens?: undefined }
  | { readonly batchTokens: number; readonly batch?: undefined };

/** Pairs' lengths as they go into batches, cut to the limits. */
export interface Lengths {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

export interface LengthLimits {
  /** Tokens of a source and of a target, end included. */
  readonly maxSource: number;
  readonly maxTarget: number;
  /** What becomes of longer pairs: they are left out (default), or their ends are cut off. Both are counted. */
  readonly tooLong?: "leave-out" | "truncate";
}

export interface UsablePairs {
  readonly lengths: Lengths;
  /** Numbers of the pairs that are used, ascending. */
  readonly usable: Int32Array;
  readonly leftOut: number;
  readonly truncated: number;
}

export function usablePairs(pairs: TokenPairs, limits: LengthLimits): UsablePairs {
  const { maxSource, maxTarget, tooLong = "leave-out" } = limits;
  const source = new Int32Array(pairs.pairs);
  const target = new Int32Array(pairs.pairs);
  const usable = new Int32Array(pairs.pairs);
  let [count, leftOut, truncated] = [0, 0, 0];
  for (let i = 0; i < pairs.pairs; i++) {
    const long = pairs.sourceLength(i) > maxSource || pairs.targetLength(i) > maxTarget;
    source[i] = Math.min(pairs.sourceLength(i), maxSource);
    target[i] = Math.min(pairs.targetLength(i), maxTarget);
    if (long && tooLong === "leave-out") leftOut++;
    else {
      usable[count++] = i;
      if (long) truncated++;
    }
  }
  return { lengths: { source, target }, usable: usable.slice(0, count), leftOut, truncated };
}

/** An epoch's batches, numbers of pairs, each of `usable` once. `bucket` is how many batches a window holds, about. */
export function planBatches(
  { lengths, usable }: Pick<UsablePairs, "lengths" | "usable">,
  size: BatchSize,
  bucket: number,
  random: Random,
): Int32Array[] {
  const order = Array.from(usable);
  shuffle(order, random);
  const window = bucket * rowsPerBatch(lengths, usable, size);
  const longest = (i: number) => Math.max(lengths.source[i]!, lengths.target[i]!);
  const batches: Int32Array[] = [];
  for (let from = 0; from < order.length; from += window) {
    const some = order.slice(from, from + window);
    some.sort((a, b) => longest(a) - longest(b) || lengths.source[a]! - lengths.source[b]!);
    batches.push(...cutBatches(some, lengths, size));
  }
  shuffle(batches, random);
  return batches;
}

/** Pairs in their order, cut where the next would be too much. */
export function* cutBatches(
  pairs: ArrayLike<number>,
  lengths: Lengths,
  { batch, batchTokens }: BatchSize,
): Generator<Int32Array> {
  let rows: number[] = [];
  let longest = 0;
  for (let n = 0; n < pairs.length; n++) {
    const i = pairs[n]!;
    const own = Math.max(lengths.source[i]!, lengths.target[i]!);
    const reach = Math.max(longest, own);
    const full = batch === undefined ? (rows.length + 1) * reach > batchTokens : rows.length === batch;
    if (full && rows.length > 0) {
      yield Int32Array.from(rows);
      rows = [];
      longest = own;
    } else longest = reach;
    rows.push(i);
  }
  if (rows.length > 0) yield Int32Array.from(rows);
}

function rowsPerBatch(
  { source, target }: Lengths,
  usable: Int32Array,
  { batch, batchTokens }: BatchSize,
): number {
  if (batch !== undefined) return batch;
  const sum = usable.reduce((all, i) => all + Math.max(source[i]!, target[i]!), 0);
  return Math.max(1, Math.floor(batchTokens / (sum / usable.length)));
}

/** Share of the positions of batches, of sources and targets, that are padding. */
export function paddingShare(batches: readonly Int32Array[], { source, target }: Lengths): number {
  let real = 0;
  let all = 0;
  for (const batch of batches) {
    for (const side of [source, target]) {
      let longest = 0;
      for (const i of batch) {
        real += side[i]!;
        longest = Math.max(longest, side[i]!);
      }
      all += longest * batch.length;
    }
  }
  return all === 0 ? 0 : 1 - real / all;
}
