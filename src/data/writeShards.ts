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
import { readHeader, SHARD_VERSION, shardName } from "./shardFormat.js";
import { openShardWriter, type ShardWriter, type SplitTotals } from "./shardWriter.js";
import { SPLITS, type Split, splitByPosition, splitOf } from "./split.js";
import { textSize } from "./textSize.js";

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

export const SHARD_SET = "shards.json";

/**
 * Writes `train-00000.bin`, … and `validation-00000.bin`, … and `shards.json` into `folder`. Documents are read once, in
 * order, and streamed. Throws `UserError`: `eos-needed`, `token-out-of-range`, `no-documents`, `no-validation`,
 * `option-invalid`, those of the reader, `disk-full`. On an error the folder is as it was.
 */
export async function writeShards(options: WriteShardsOptions): Promise<WrittenShards> {
  checkOptions(options);
  const key = options.sourcesKey === undefined ? null : cacheKey(options);
  const ready = key === null ? undefined : reusable(options.folder, key);
  if (ready !== undefined) return { ...ready, reused: true };
  makeFolder(options.folder);
  const writers: Record<Split, ShardWriter> = {
    train: openWriter(options, "train"),
    validation: openWriter(options, "validation"),
  };
  try {
    const note = await fill(options, writers);
    for (const split of SPLITS) writers[split].finish();
    checkSplits(options, writers);
    const set: ShardSet = {
      format: SHARD_VERSION,
      key,
      train: writers.train.totals,
      validation: writers.validation.totals,
      ...(note === undefined ? {} : { note }),
    };
    commit(options.folder, writers, set);
    return { ...set, reused: false };
  } catch (error) {
    for (const split of SPLITS) writers[split].abort();
    throw error;
  }
}

function fraction(options: WriteShardsOptions): number {
  return options.validation === undefined ? (options.validationFraction ?? 0.05) : 0;
}

function checkOptions(options: WriteShardsOptions): void {
  const wrong = (at: string, found: unknown, expected: string) =>
    new UserError({ code: "option-invalid", at, message: "cannot be", found, expected });
  const share = fraction(options);
  if (!(share >= 0 && share < 1)) throw wrong("validationFraction", share, "a number from 0 to below 1");
  if (options.validation !== undefined && options.validationFraction !== undefined) {
    throw wrong(
      "validationFraction",
      options.validationFraction,
      "nothing, where validation documents are given",
    );
  }
  if (!Number.isSafeInteger(options.vocabSize) || options.vocabSize < 1)
    throw wrong("vocabSize", options.vocabSize, "a whole number above 0");
  const eos = options.eosId;
  if (eos !== undefined && !(Number.isSafeInteger(eos) && eos >= 0 && eos < options.vocabSize)) {
    throw wrong("eosId", eos, `a token below ${options.vocabSize}`);
  }
}

function openWriter(options: WriteShardsOptions, split: Split): ShardWriter {
  return openShardWriter({
    folder: options.folder,
    split,
    vocabSize: options.vocabSize,
    eosId: options.eosId ?? null,
    tokenizerHash: options.tokenizerHash,
    shardTokens: options.shardTokens ?? 1 << 27,
  });
}

/** Encodes every document into its split; returns a note if the lone document was cut. */
async function fill(
  options: WriteShardsOptions,
  writers: Record<Split, ShardWriter>,
): Promise<string | undefined> {
  const share = fraction(options);
  const progress = { documents: 0, bytes: 0, tokens: 0 };
  let pause = performance.now() + 50;
  const add = async (split: Split, text: string, id: string) => {
    const tokens = options.encode(text);
    const size = textSize(text);
    writers[split].add(tokens, size, id);
    progress.documents++;
    progress.bytes += size.bytes;
    progress.tokens += tokens.length;
    if (performance.now() < pause) return;
    options.onProgress?.({ ...progress });
    await new Promise((resolve) => setTimeout(resolve, 0)); // lets a live view draw and Ctrl-C arrive
    options.signal?.throwIfAborted();
    pause = performance.now() + 50;
  };
  let first: { text: string; id: string } | undefined;
  let count = 0;
  for await (const document of options.documents) {
    const current = { text: document.text, id: document.id ?? String(count) };
    if (++count === 1) {
      first = current; // may turn out to be the only one
      continue;
    }
    if (first !== undefined) {
      needEos(options);
      await add(splitOf(first, share), first.text, first.id);
      first = undefined;
    }
    await add(splitOf(current, share), current.text, current.id);
  }
  let note: string | undefined;
  if (first !== undefined && share === 0) await add("train", first.text, first.id);
  else if (first !== undefined) {
    const parts = splitByPosition(first.text, share);
    for (const split of SPLITS) await add(split, parts[split], first.id);
    note = `a single document: its last ${Math.round(share * 1000) / 10} % (by position) is the validation text`;
  }
  if (options.validation !== undefined) {
    let n = 0;
    for await (const document of options.validation) {
      if (++n === 2) needEos(options);
      await add("validation", document.text, document.id ?? String(n - 1));
    }
  }
  options.onProgress?.({ ...progress });
  return note;
}

function needEos(options: WriteShardsOptions): void {
  if (options.eosId !== undefined) return;
  throw new UserError({
    code: "eos-needed",
    at: "eosId",
    message: "several documents need an end-of-text token between them",
    fix: "give the tokenizer one (such as <|endoftext|>), or join the documents into one",
  });
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
  const wanted = options.validation !== undefined || fraction(options) > 0;
  if (wanted && validation.documents === 0) {
    throw new UserError({
      code: "no-validation",
      at: "validationFraction",
      message: `none of the ${train.documents} documents fell to validation (a document's hash decides)`,
      found: options.validation === undefined ? fraction(options) : "no validation documents",
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
    fraction(options),
    options.validation !== undefined,
    options.shardTokens ?? null,
  ];
  return sha256(JSON.stringify(parts));
}

/** The set in `folder`, if it was made under `key` and all its files are there and whole. */
function reusable(folder: string, key: string): ShardSet | undefined {
  const file = joinPath(folder, SHARD_SET);
  if (!exists(file)) return undefined;
  try {
    const set = readJson(file) as ShardSet;
    if (set.key !== key) return undefined;
    for (const split of SPLITS) {
      for (let i = 0; i < set[split].shards; i++) readHeader(joinPath(folder, shardName(split, i)));
    }
    return set;
  } catch {
    return undefined; // damaged or half there: made again
  }
}

/** The old set's list goes first and the new one's comes last, so a crash between leaves no list that lies. */
function commit(folder: string, writers: Record<Split, ShardWriter>, set: ShardSet): void {
  remove(joinPath(folder, SHARD_SET));
  for (const split of SPLITS) {
    for (const name of listFolder(folder))
      if (name.startsWith(`${split}-`) && name.endsWith(".bin")) remove(joinPath(folder, name));
    writers[split].commit();
  }
  writeAtomic(joinPath(folder, SHARD_SET), `${JSON.stringify(set, null, 2)}\n`);
}
