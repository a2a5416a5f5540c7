/** @file A split's token shards, opened for reading as one stream of tokens. Read by range, so any size works. */

import { UserError } from "../platform/errors.js";
import { exists, joinPath, openRanged, type RangedFile, readJson } from "../platform/files.js";
import {
  HEADER_BYTES,
  payloadHash,
  readHeader,
  type ShardHeader,
  shardLayout,
  shardName,
} from "./shardFormat.js";
import type { Split } from "./split.js";
import { SHARD_SET, type ShardSet } from "./writeShards.js";

/** Tokens and documents of one split. Anything of this shape can be loaded from; `tokensInMemory` makes one. */
export interface TokenStream {
  /** Tokens in all, end-of-text tokens included. */
  readonly tokens: number;
  /** First token of each document, ascending, from the stream's beginning. */
  readonly documentStarts: Float64Array;
  /** UTF-8 bytes and code points of the documents' texts. */
  readonly bytes: number;
  readonly characters: number;
  readonly vocabSize: number;
  readonly eosId: number | null;
  /** Copies tokens `[from, from + count)` to `into[at …]`. */
  read(from: number, count: number, into: Int32Array, at?: number): void;
  close(): void;
}

export interface OpenShardsOptions {
  /** Refuse shards of another tokenizer. */
  readonly tokenizerHash?: string;
  readonly vocabSize?: number;
  /** Compare each shard's SHA-256 too (reads everything). */
  readonly verify?: boolean;
}

/**
 * Opens a split of `folder`. Throws `UserError`: `shards-missing`, `shard-foreign`, `shard-invalid`, `shard-truncated`,
 * `shard-damaged` (with `verify`), `tokenizer-mismatch`.
 */
export function openShards(
  folder: string,
  split: Split,
  options: OpenShardsOptions = {},
): TokenStream & { readonly split: Split } {
  return { split, ...openSplit(folder, SHARD_SET, split, options) };
}

/** Opens the split that the list named `set` counts the shards of. */
export function openSplit(
  folder: string,
  set: string,
  split: Split,
  options: OpenShardsOptions,
): TokenStream {
  const list = joinPath(folder, set);
  if (!exists(list)) {
    throw new UserError({
      code: "shards-missing",
      file: folder,
      message: `holds no token shards (no ${set})`,
      fix: "make them first, or name another folder",
    });
  }
  const count = shardCount(readJson(list), split, list);
  if (count === 0)
    throw new UserError({
      code: "shards-missing",
      file: folder,
      message: `holds no ${split} shards`,
      fix: "make them with a validation fraction above 0",
    });
  const headers: ShardHeader[] = [];
  for (let i = 0; i < count; i++) {
    const file = joinPath(folder, shardName(split, i));
    const header = readHeader(file);
    checkHeader(header, file, split, i, headers[0], options);
    headers.push(header);
  }
  return joinShards(folder, headers);
}

function shardCount(value: unknown, split: Split, file: string): number {
  const count = (value as ShardSet | null)?.[split]?.shards;
  if (Number.isSafeInteger(count)) return count!;
  throw new UserError({
    code: "shard-invalid",
    file,
    at: `${split}.shards`,
    message: "is no list of token shards",
    found: count ?? "nothing",
    expected: "a whole number",
    fix: "make the shards again",
  });
}

function checkHeader(
  header: ShardHeader,
  file: string,
  split: Split,
  index: number,
  first: ShardHeader | undefined,
  options: OpenShardsOptions,
): void {
  const expect = (code: string, at: keyof ShardHeader, expected: unknown, fix: string) => {
    if (header[at] !== expected)
      throw new UserError({
        code,
        file,
        at: `header.${at}`,
        message: "does not fit",
        found: header[at],
        expected,
        fix,
      });
  };
  const again = "make the shards again";
  expect("shard-invalid", "split", split, again);
  expect("shard-invalid", "index", index, again);
  if (first !== undefined) {
    for (const key of ["dtype", "vocab_size", "eos_id", "tokenizer_hash"] as const)
      expect("shard-invalid", key, first[key], again);
  }
  const tokenize = "tokenize again, or pass the tokenizer that made these shards";
  if (options.tokenizerHash !== undefined)
    expect("tokenizer-mismatch", "tokenizer_hash", options.tokenizerHash, tokenize);
  if (options.vocabSize !== undefined)
    expect("tokenizer-mismatch", "vocab_size", options.vocabSize, tokenize);
  if (options.verify === true && payloadHash(file) !== header.sha256) {
    throw new UserError({
      code: "shard-damaged",
      file,
      message: "has other contents than were written",
      expected: `SHA-256 ${header.sha256}`,
      fix: again,
    });
  }
}

function joinShards(folder: string, headers: readonly ShardHeader[]): TokenStream {
  const total = (key: "tokens" | "documents" | "bytes" | "characters") =>
    headers.reduce((sum, h) => sum + h[key], 0);
  const files: RangedFile[] = [];
  const bases: number[] = [];
  const documentStarts = new Float64Array(total("documents"));
  let base = 0;
  let document = 0;
  for (const header of headers) {
    const file = joinPath(folder, shardName(header.split, header.index));
    const ranged = openRanged(file);
    files.push(ranged);
    bases.push(base);
    const starts = new Uint32Array(header.documents);
    ranged.read(shardLayout(header).offsets, new Uint8Array(starts.buffer));
    starts.forEach((start, i) => {
      if (start >= header.tokens || (i === 0 ? start !== 0 : start <= starts[i - 1]!)) {
        throw new UserError({
          code: "shard-damaged",
          file,
          at: `document ${i}`,
          message: "has a document that starts out of order",
          found: start,
          fix: "make the shards again",
        });
      }
      documentStarts[document++] = base + start;
    });
    base += header.tokens;
  }
  const wide = headers[0]!.dtype === "uint32";
  const width = wide ? 4 : 2;
  return {
    tokens: base,
    documentStarts,
    bytes: total("bytes"),
    characters: total("characters"),
    vocabSize: headers[0]!.vocab_size,
    eosId: headers[0]!.eos_id,
    read(from, count, into, at = 0) {
      checkRange(from, count, base);
      let shard = indexAtOrBefore(bases, from);
      for (let done = 0; done < count; shard++) {
        const inside = from + done - bases[shard]!;
        const n = Math.min(count - done, headers[shard]!.tokens - inside);
        const chunk = new Uint8Array(n * width);
        files[shard]!.read(HEADER_BYTES + inside * width, chunk);
        into.set(wide ? new Uint32Array(chunk.buffer) : new Uint16Array(chunk.buffer), at + done);
        done += n;
      }
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}

function checkRange(from: number, count: number, tokens: number): void {
  if (!(from >= 0 && count >= 0 && from + count <= tokens))
    throw new RangeError(`tokens ${from} to ${from + count} of ${tokens}`);
}

/** Index of the last of ascending `values` that is ≤ `value`; -1 if none is. */
export function indexAtOrBefore(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A stream of tokens in memory, each document (without end-of-text) laid out as shards lay it out. */
export function tokensInMemory(
  documents: readonly ArrayLike<number>[],
  options: { vocabSize: number; eosId: number | null; bytes?: number; characters?: number },
): TokenStream {
  const { eosId } = options;
  const mark = eosId === null ? 0 : 1;
  const tokens = documents.reduce((sum, d) => sum + d.length + mark, mark);
  const all = new Int32Array(tokens);
  const documentStarts = new Float64Array(documents.length);
  let at = 0;
  documents.forEach((document, i) => {
    documentStarts[i] = at;
    if (eosId !== null) all[at++] = eosId;
    all.set(document, at);
    at += document.length;
  });
  if (eosId !== null) all[at] = eosId;
  return {
    tokens,
    documentStarts,
    bytes: options.bytes ?? 0,
    characters: options.characters ?? 0,
    vocabSize: options.vocabSize,
    eosId,
    read(from, count, into, to = 0) {
      checkRange(from, count, tokens);
      into.set(all.subarray(from, from + count), to);
    },
    close: () => {},
  };
}
