/** @file Documents to token shards on disk: split, encoded, written beside and renamed, and not made again while
 *  nothing has changed. */

import { UserError } from "../platform/errors.js";
import {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readJson,
  remove,
  sha256,
  writeAtomic,
} from "../platform/files.js";
import { fillShards } from "./fillShards.js";
import { hash64 } from "./hash.js";
import { optionInvalid } from "./optionInvalid.js";
import { readHeader, SHARD_VERSION, shardName } from "./shardFormat.js";
import { checkShardOptions, openSplitWriters, validationShare } from "./shardOptions.js";
import type { ShardWriter, SplitTotals } from "./shardWriter.js";
import { SPLITS, type Split, splitOf } from "./split.js";

/** What sharding needs of a document. */
export interface ShardDocument {
  readonly id?: string;
  readonly text: string;
}

export interface WriteShardsOptions {
  /** All documents, to be split; or the training documents where `validation` is given. */
  readonly documents: Iterable<ShardDocument> | AsyncIterable<ShardDocument>;
  /** Validation documents, if they are kept apart. Excludes `validationFraction`. */
  readonly validation?: Iterable<ShardDocument> | AsyncIterable<ShardDocument>;
  /** Token ids of a text, without end-of-text. */
  readonly encode: (text: string) => ArrayLike<number>;
  readonly vocabSize: number;
  /** End-of-text. Without it, only a single document can be written. */
  readonly eosId?: number;
  readonly tokenizerHash: string;
  readonly folder: string;
  /** Share of documents for validation, 0.05 by default; a lone document's last part. */
  readonly validationFraction?: number;
  readonly shardTokens?: number;
  /** Identifies the documents and how they were read (`sourcesKey`); with it, equal shards are not made again. */
  readonly sourcesKey?: string;
  /** Told now and then how far things are. */
  readonly onProgress?: (done: { documents: number; bytes: number; tokens: number }) => void;
  readonly signal?: AbortSignal;
}

export interface ShardSet {
  readonly format: number;
  readonly key: string | null;
  readonly train: SplitTotals;
  readonly validation: SplitTotals;
  /** What a user should know of how the split was made. */
  readonly note?: string;
}

export type WrittenShards = ShardSet & { readonly reused: boolean };

/** Lists a folder's shards of documents; of pairs. */
export const SHARD_SET = "shards.json";
export const PAIR_SET = "pairs.json";

/**
 * Writes `train-00000.bin`, … and `validation-00000.bin`, … and `shards.json` into `folder`. Documents are streamed in
 * order, once; twice where so few can be read again that none fell to validation. Throws `UserError`: `eos-needed`, `token-out-of-range`, `no-documents`, `no-validation`,
 * `option-invalid`, those of the reader, `disk-full`. On an error the folder is as it was.
 */
export async function writeShards(options: WriteShardsOptions): Promise<WrittenShards> {
  checkOptions(options);
  const key = options.sourcesKey === undefined ? null : cacheKey(options);
  const ready = key === null ? undefined : reusable<ShardSet>(options.folder, SHARD_SET, key);
  if (ready !== undefined) return { ...ready, reused: true };
  makeFolder(options.folder);
  let smallest = Infinity;
  const first = await build(options, (document) => {
    smallest = Math.min(smallest, hash64(document.text)[0]);
    return splitOf(document, validationShare(options));
  });
  const built =
    first.writers.validation.totals.documents === 0 &&
    validationShare(options) > 0 &&
    repeatable(options.documents)
      ? await rebuild(first, options, smallest)
      : first;
  try {
    checkSplits(options, built.writers);
    const { train, validation } = built.writers;
    const set: ShardSet = {
      format: SHARD_VERSION,
      key,
      train: train.totals,
      validation: validation.totals,
      ...(built.note === undefined ? {} : { note: built.note }),
    };
    commitShards(options.folder, SHARD_SET, built.writers, set);
    return { ...set, reused: false };
  } catch (error) {
    for (const split of SPLITS) built.writers[split].abort();
    throw error;
  }
}

interface Built {
  readonly writers: Record<Split, ShardWriter>;
  readonly note: string | undefined;
}

/** Both splits written beside their names; on an error nothing is left. */
async function build(
  options: WriteShardsOptions,
  sideOf: (document: ShardDocument) => Split,
): Promise<Built> {
  const writers = openSplitWriters(options, options.eosId ?? null);
  try {
    const note = await fillShards(options, validationShare(options), sideOf, writers);
    for (const split of SPLITS) writers[split].finish();
    return { writers, note };
  } catch (error) {
    for (const split of SPLITS) writers[split].abort();
    throw error;
  }
}

/** A second pass for a corpus so small that no document fell to validation: the one of smallest hash then does. */
async function rebuild(first: Built, options: WriteShardsOptions, smallest: number): Promise<Built> {
  for (const split of SPLITS) first.writers[split].abort();
  const second = await build(options, (d) => (hash64(d.text)[0] === smallest ? "validation" : "train"));
  const note = `none of the ${first.writers.train.totals.documents} documents fell to validation by its hash, so the one with the smallest hash is the validation text`;
  return { ...second, note };
}

/** Whether documents can be read twice; a generator cannot. */
function repeatable(documents: WriteShardsOptions["documents"]): boolean {
  return Symbol.iterator in documents && (documents[Symbol.iterator]() as unknown) !== documents;
}

function checkOptions(options: WriteShardsOptions): void {
  checkShardOptions(options, "documents");
  const eos = options.eosId;
  if (eos !== undefined && !(Number.isSafeInteger(eos) && eos >= 0 && eos < options.vocabSize)) {
    throw optionInvalid("eosId", eos, `a token below ${options.vocabSize}`);
  }
}

function checkSplits(options: WriteShardsOptions, writers: Record<Split, ShardWriter>): void {
  const { train, validation } = { train: writers.train.totals, validation: writers.validation.totals };
  if (train.documents === 0) {
    throw new UserError({
      code: "no-documents",
      message: "there is no document to train on",
      fix: "add text, or lower validationFraction",
    });
  }
  const wanted = options.validation !== undefined || validationShare(options) > 0;
  if (wanted && validation.documents === 0) {
    throw new UserError({
      code: "no-validation",
      at: "validationFraction",
      message: `none of the ${train.documents} documents fell to validation (a document's hash decides)`,
      found: options.validation === undefined ? validationShare(options) : "no validation documents",
      fix: "raise validationFraction, give validation documents of their own, or join the documents into one, which is cut by position",
    });
  }
}

function cacheKey(options: WriteShardsOptions): string {
  const parts = [
    SHARD_VERSION,
    options.sourcesKey,
    options.tokenizerHash,
    options.vocabSize,
    options.eosId ?? null,
    validationShare(options),
    options.validation !== undefined,
    options.shardTokens ?? null,
  ];
  return sha256(JSON.stringify(parts));
}

/** The set in `folder` under the name `list`, if it was made under `key` and all its files are there and whole. */
export function reusable<
  Set extends { readonly key: string | null } & Record<Split, { readonly shards: number }>,
>(folder: string, list: string, key: string): Set | undefined {
  const file = joinPath(folder, list);
  if (!exists(file)) return undefined;
  try {
    const set = readJson(file) as Set;
    if (set.key !== key) return undefined;
    for (const split of SPLITS) {
      for (let i = 0; i < set[split].shards; i++) readHeader(joinPath(folder, shardName(split, i)));
    }
    return set;
  } catch {
    return undefined; // damaged or half there: made again
  }
}

/** Gives a folder its shards and, under the name `list`, their list. What lists the folder had go first and the new one
 *  comes last, so a crash between leaves none that lies. */
export function commitShards(
  folder: string,
  list: string,
  writers: Record<Split, ShardWriter>,
  set: object,
): void {
  for (const name of [SHARD_SET, PAIR_SET]) remove(joinPath(folder, name));
  for (const split of SPLITS) {
    for (const name of listFolder(folder))
      if (name.startsWith(`${split}-`) && name.endsWith(".bin")) remove(joinPath(folder, name));
    writers[split].commit();
  }
  writeAtomic(joinPath(folder, list), `${JSON.stringify(set, null, 2)}\n`);
}
