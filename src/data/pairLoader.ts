/** @file Training batches from pairs of source and target, for ever, each pair once an epoch, bucketed by length, resumable
 *  exactly; and validation's, all pairs once in order. */

import { UserError } from "../platform/errors.js";
import { type BatchLoader, refuseOtherRun } from "./batchLoader.js";
import type { Place } from "./dealer.js";
import { checkRows } from "./loader.js";
import type { TokenPairs } from "./openPairs.js";
import { optionInvalid } from "./optionInvalid.js";
import { fillPairs, type PairBatch } from "./pairBatch.js";
import {
  type BatchSize,
  cutBatches,
  type LengthLimits,
  paddingShare,
  planBatches,
  type UsablePairs,
  usablePairs,
} from "./pairPlan.js";
import { createRandom } from "./random.js";

export type PairRows = BatchSize &
  LengthLimits & {
    readonly pairs: TokenPairs;
    /** Stands in sources' padding, which nothing attends to. */
    readonly padId: number;
    /** Ends a truncated side, in place of its last token. */
    readonly eosId?: number;
  };

export type PairLoaderOptions = PairRows & {
  readonly seed: number;
  /** Batches that are sorted by length together; 100 by default. 1 leaves nearly all to chance. */
  readonly bucket?: number;
};

/** JSON. `index` counts batches. */
export interface PairLoaderState extends Place {
  readonly version: 1;
  readonly kind: "pairs";
  readonly seed: number;
  /** The data: how many pairs, and tokens of either side. */
  readonly pairs: number;
  readonly sourceTokens: number;
  readonly targetTokens: number;
  readonly batch: number | null;
  readonly batchTokens: number | null;
  readonly maxSource: number;
  readonly maxTarget: number;
  readonly tooLong: "leave-out" | "truncate";
  readonly bucket: number;
}

export interface PairLoader extends BatchLoader<PairBatch, PairLoaderState> {
  /** Pairs an epoch. */
  readonly pairs: number;
  /** Pairs over the limits, left out or truncated. */
  readonly leftOut: number;
  readonly truncated: number;
  /** Share of the positions that are padding, over the current epoch. */
  padding(): number;
  /** Batches of the current epoch. */
  batches(): number;
}

/** Throws `UserError`: `option-invalid`; `pairs-too-long` where no pair is within the limits. */
export function createPairLoader(options: PairLoaderOptions): PairLoader {
  const { pairs, seed, bucket = 100, tooLong = "leave-out" } = options;
  checkRows({ bucket });
  const usable = checkedPairs(options);
  let epoch = 0;
  let index = 0;
  const begin = () => planBatches(usable, options, bucket, createRandom(seed, epoch));
  let plan = begin();
  const state = (): PairLoaderState => ({
    version: 1,
    kind: "pairs",
    seed,
    pairs: pairs.pairs,
    sourceTokens: pairs.sourceTokens,
    targetTokens: pairs.targetTokens,
    batch: options.batch ?? null,
    batchTokens: options.batchTokens ?? null,
    maxSource: options.maxSource,
    maxTarget: options.maxTarget,
    tooLong,
    bucket,
    epoch,
    index,
  });
  return {
    pairs: usable.usable.length,
    leftOut: usable.leftOut,
    truncated: usable.truncated,
    padding: () => paddingShare(plan, usable.lengths),
    batches: () => plan.length,
    next() {
      if (index === plan.length) {
        index = 0;
        epoch++;
        plan = begin();
      }
      return readBatch(options, plan[index++]!);
    },
    epochs: () => epoch + index / plan.length,
    state,
    restore(saved) {
      const mine = state();
      const keys = Object.keys(mine) as (keyof PairLoaderState)[];
      refuseOtherRun(
        saved,
        mine,
        keys.filter((key) => key !== "epoch" && key !== "index"),
      );
      ({ epoch, index } = saved);
      plan = begin();
    },
  };
}

export interface PairValidation {
  batches(): Generator<PairBatch>;
  readonly pairs: number;
  /** Targets over all batches. */
  readonly targets: number;
  /** UTF-8 bytes and code points that they spell; where pairs were left out or cut, in proportion to the targets. */
  readonly bytes: number;
  readonly characters: number;
  readonly leftOut: number;
  readonly truncated: number;
}

/** All pairs once, in order; the first `maxPairs`, for a look now and then. Throws as `createPairLoader` does. */
export function createPairValidation(options: PairRows & { readonly maxPairs?: number }): PairValidation {
  const { usable: all, lengths, leftOut, truncated } = checkedPairs(options);
  const usable = all.subarray(0, options.maxPairs);
  const targets = usable.reduce((sum, i) => sum + lengths.target[i]!, 0);
  const share = targets / options.pairs.targetTokens;
  return {
    pairs: usable.length,
    targets,
    bytes: options.pairs.bytes * share,
    characters: options.pairs.characters * share,
    leftOut,
    truncated,
    *batches() {
      for (const rows of cutBatches(usable, lengths, options)) yield readBatch(options, rows);
    },
  };
}

function checkedPairs(options: PairRows): UsablePairs {
  const { pairs, maxSource, maxTarget, batch, batchTokens } = options;
  checkRows({ maxSource, maxTarget, ...(batch === undefined ? { batchTokens } : { batch }) });
  if (batchTokens !== undefined && batchTokens < Math.max(maxSource, maxTarget))
    throw optionInvalid(
      "batchTokens",
      batchTokens,
      `room for the longest row, ${Math.max(maxSource, maxTarget)}`,
    );
  const usable = usablePairs(pairs, options);
  if (usable.usable.length === 0) {
    throw new UserError({
      code: "pairs-too-long",
      at: "maxSource, maxTarget",
      message: "no pair is within the limits",
      found: `${usable.leftOut} pairs, all longer`,
      expected: `sources of at most ${maxSource} tokens, targets of ${maxTarget}`,
      fix: "raise the limits, or truncate",
    });
  }
  return usable;
}

function readBatch({ pairs, padId, maxSource, maxTarget, eosId }: PairRows, rows: Int32Array): PairBatch {
  const cut = (ids: Int32Array, most: number) => {
    if (ids.length <= most) return ids;
    const kept = ids.slice(0, most);
    if (eosId !== undefined) kept[most - 1] = eosId;
    return kept;
  };
  return fillPairs(
    Array.from(rows, (i) => {
      const { source, target } = pairs.read(i);
      return { source: cut(source, maxSource), target: cut(target, maxTarget) };
    }),
    padId,
  );
}
