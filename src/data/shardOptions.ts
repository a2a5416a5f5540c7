/** @file What writing token shards is told, whatever they hold: which share is kept for validation, and how shards are cut. */

import { optionInvalid } from "./optionInvalid.js";
import { openShardWriter, type ShardWriter } from "./shardWriter.js";
import type { Split } from "./split.js";

export interface ShardOptions {
  readonly vocabSize: number;
  readonly tokenizerHash: string;
  readonly folder: string;
  /** What is kept apart for validation, if anything. Excludes `validationFraction`. */
  readonly validation?: unknown;
  readonly validationFraction?: number;
  readonly shardTokens?: number;
}

/** The share of all that falls to validation: none where that is given apart. */
export function validationShare({ validation, validationFraction = 0.05 }: ShardOptions): number {
  return validation === undefined ? validationFraction : 0;
}

/** Throws UserError `option-invalid`. `what`: "documents", "pairs". */
export function checkShardOptions(options: ShardOptions, what: string): void {
  const share = validationShare(options);
  if (!(share >= 0 && share < 1))
    throw optionInvalid("validationFraction", share, "a number from 0 to below 1");
  if (options.validation !== undefined && options.validationFraction !== undefined)
    throw optionInvalid(
      "validationFraction",
      options.validationFraction,
      `nothing, where validation ${what} are given`,
    );
  if (!Number.isSafeInteger(options.vocabSize) || options.vocabSize < 1)
    throw optionInvalid("vocabSize", options.vocabSize, "a whole number above 0");
}

/** Writers of both splits. `eosId`: what stands between documents, or null where nothing does. */
export function openSplitWriters(options: ShardOptions, eosId: number | null): Record<Split, ShardWriter> {
  const { folder, vocabSize, tokenizerHash, shardTokens = 1 << 27 } = options;
  const open = (split: Split) =>
    openShardWriter({ folder, split, vocabSize, eosId, tokenizerHash, shardTokens });
  return { train: open("train"), validation: open("validation") };
}
