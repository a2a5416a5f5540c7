/** @file Pairs of texts to token shards on disk: split, encoded, written beside and renamed, and not made again while
 *  nothing has changed. The shards are those of documents (see `shardFormat.ts`), with every source followed by its target
 *  and nothing between; their bytes and characters are the targets'. */

import { UserError } from "../platform/errors.js";
import { makeFolder, sha256 } from "../platform/files.js";
import { nextTurn } from "../platform/turn.js";
import type { TextPair } from "./pairs.js";
import { SHARD_VERSION } from "./shardFormat.js";
import { checkShardOptions, openSplitWriters, validationShare } from "./shardOptions.js";
import type { ShardWriter, SplitTotals } from "./shardWriter.js";
import { SPLITS, type Split, splitOf } from "./split.js";
import { textSize } from "./textSize.js";
import { commitShards, PAIR_SET, reusable } from "./writeShards.js";

export interface WritePairsOptions {
  /** All pairs, to be split; or the training pairs where `validation` is given. */
  readonly pairs: Iterable<TextPair>;
  /** Validation pairs, if they are kept apart. Excludes `validationFraction`. */
  readonly validation?: Iterable<TextPair>;
  /** Token ids of a side's text as the model is to meet them: with the end token, and a language's where there is one. */
  readonly encode: (text: string, side: "source" | "target") => ArrayLike<number>;
  readonly vocabSize: number;
  readonly tokenizerHash: string;
  readonly folder: string;
  /** Share of pairs for validation, 0.05 by default. The source's hash decides, so a source is never on both sides. */
  readonly validationFraction?: number;
  readonly shardTokens?: number;
  /** Identifies the pairs and how they were read (`sourcesKey`); with it, equal shards are not made again. */
  readonly sourcesKey?: string;
  /** Told now and then how far things are. */
  readonly onProgress?: (done: { pairs: number; bytes: number; tokens: number }) => void;
  readonly signal?: AbortSignal;
}

export interface PairTotals {
  readonly shards: number;
  readonly pairs: number;
  readonly tokens: number;
  /** UTF-8 bytes and code points of the targets. */
  readonly bytes: number;
  readonly characters: number;
}

export interface PairSet {
  readonly format: number;
  readonly key: string | null;
  readonly train: PairTotals;
  readonly validation: PairTotals;
  /** Pairs left out because a side has no token. */
  readonly empty: number;
}

export type WrittenPairs = PairSet & { readonly reused: boolean };

/**
 * Writes `train-00000.bin`, … and `validation-00000.bin`, … and `pairs.json` into `folder`. Throws `UserError`:
 * `no-pairs`, `no-validation`, `token-out-of-range`, `option-invalid`, those of the reader, `disk-full`. On an error the
 * folder is as it was.
 */
export async function writePairs(options: WritePairsOptions): Promise<WrittenPairs> {
  checkShardOptions(options, "pairs");
  const key = options.sourcesKey === undefined ? null : cacheKey(options);
  const ready = key === null ? undefined : reusable<PairSet>(options.folder, PAIR_SET, key);
  if (ready !== undefined) return { ...ready, reused: true };
  makeFolder(options.folder);
  const writers = openSplitWriters(options, null);
  try {
    const empty = await fillPairShards(options, writers);
    for (const split of SPLITS) writers[split].finish();
    const set: PairSet = {
      format: SHARD_VERSION,
      key,
      train: totalsOf(writers.train.totals),
      validation: totalsOf(writers.validation.totals),
      empty,
    };
    checkSplits(options, set);
    commitShards(options.folder, PAIR_SET, writers, set);
    return { ...set, reused: false };
  } catch (error) {
    for (const split of SPLITS) writers[split].abort();
    throw error;
  }
}

/** Returns how many pairs were left out. */
async function fillPairShards(
  options: WritePairsOptions,
  writers: Record<Split, ShardWriter>,
): Promise<number> {
  const { encode } = options;
  const progress = { pairs: 0, bytes: 0, tokens: 0 };
  let empty = 0;
  let pause = performance.now() + 50;
  const add = async (split: Split, pair: TextPair) => {
    const source = encode(pair.source, "source");
    const target = encode(pair.target, "target");
    if (source.length === 0 || target.length === 0) {
      empty++;
      return;
    }
    const size = textSize(pair.target);
    writers[split].add(source, { bytes: 0, characters: 0 }, `${pair.id}, source`);
    writers[split].add(target, size, `${pair.id}, target`);
    progress.pairs++;
    progress.bytes += size.bytes;
    progress.tokens += source.length + target.length;
    if (performance.now() < pause) return;
    options.onProgress?.({ ...progress });
    await nextTurn(); // lets a live view draw and Ctrl-C arrive
    options.signal?.throwIfAborted();
    pause = performance.now() + 50;
  };
  const share = validationShare(options);
  for (const pair of options.pairs) await add(splitOf({ text: pair.source }, share), pair);
  for (const pair of options.validation ?? []) await add("validation", pair);
  options.onProgress?.({ ...progress });
  return empty;
}

function totalsOf({ shards, documents, tokens, bytes, characters }: SplitTotals): PairTotals {
  return { shards, pairs: documents / 2, tokens, bytes, characters };
}

function checkSplits(options: WritePairsOptions, { train, validation, empty }: PairSet): void {
  if (train.pairs === 0) {
    throw new UserError({
      code: "no-pairs",
      message: "there is no pair to train on",
      found: `${validation.pairs} for validation, ${empty} without a token`,
      fix: "add pairs, or lower validationFraction",
    });
  }
  const wanted = options.validation !== undefined || validationShare(options) > 0;
  if (wanted && validation.pairs === 0) {
    throw new UserError({
      code: "no-validation",
      at: "validationFraction",
      message: `none of the ${train.pairs} pairs fell to validation (a source's hash decides)`,
      found: options.validation === undefined ? validationShare(options) : "no validation pairs",
      fix: "raise validationFraction, or give validation pairs of their own",
    });
  }
}

function cacheKey(options: WritePairsOptions): string {
  const parts = [
    SHARD_VERSION,
    "pairs",
    options.sourcesKey,
    options.tokenizerHash,
    options.vocabSize,
    validationShare(options),
    options.validation !== undefined,
    options.shardTokens ?? null,
  ];
  return sha256(JSON.stringify(parts));
}
