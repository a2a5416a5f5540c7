/** @file One split's shards being written: tokens are buffered, hashed and appended; a shard is closed between documents
 *  once it is full; files get their names only when the whole set is complete. */

import { UserError } from "../platform/errors.js";
import { type AtomicWriter, joinPath, openAtomic, sha256Stream } from "../platform/files.js";
import { encodeHeader, HEADER_BYTES, SHARD_VERSION, type ShardHeader, shardName } from "./shardFormat.js";
import type { Split } from "./split.js";
import type { TextSize } from "./textSize.js";

export interface ShardWriterOptions {
  readonly folder: string;
  readonly split: Split;
  readonly vocabSize: number;
  readonly eosId: number | null;
  readonly tokenizerHash: string;
  /** A shard is closed after the document that reaches this many tokens. */
  readonly shardTokens: number;
}

export interface SplitTotals {
  shards: number;
  documents: number;
  tokens: number;
  bytes: number;
  characters: number;
}

export interface ShardWriter {
  readonly totals: SplitTotals;
  add(tokens: ArrayLike<number>, size: TextSize, id: string): void;
  /** Ends the last shard; files are still beside their names. */
  finish(): void;
  /** Gives all shards their names. */
  commit(): void;
  abort(): void;
}

interface OpenShard {
  readonly writer: AtomicWriter;
  readonly hash: ReturnType<typeof sha256Stream>;
  readonly starts: number[];
  tokens: number;
  bytes: number;
  characters: number;
}

const BUFFER = 1 << 16;

export function openShardWriter(options: ShardWriterOptions): ShardWriter {
  const { split, vocabSize, eosId } = options;
  const wide = vocabSize > 65536;
  const buffer = wide ? new Uint32Array(BUFFER) : new Uint16Array(BUFFER);
  let filled = 0;
  let shard: OpenShard | undefined;
  const done: AtomicWriter[] = [];
  const totals: SplitTotals = { shards: 0, documents: 0, tokens: 0, bytes: 0, characters: 0 };

  const flush = (to: OpenShard) => {
    const bytes = new Uint8Array(buffer.buffer, 0, filled * buffer.BYTES_PER_ELEMENT);
    to.hash.update(bytes);
    to.writer.write(bytes);
    filled = 0;
  };
  const put = (to: OpenShard, token: number) => {
    buffer[filled++] = token;
    to.tokens++;
    if (filled === BUFFER) flush(to);
  };
  const open = (): OpenShard => {
    const writer = openAtomic(joinPath(options.folder, shardName(split, totals.shards)));
    writer.write(new Uint8Array(HEADER_BYTES));
    return { writer, hash: sha256Stream(), starts: [], tokens: 0, bytes: 0, characters: 0 };
  };
  const close = (last: boolean) => {
    if (shard === undefined) return;
    if (last && eosId !== null) put(shard, eosId);
    flush(shard);
    const odd = (shard.tokens * buffer.BYTES_PER_ELEMENT) % 4;
    const tail = new Uint8Array((odd === 0 ? 0 : 4 - odd) + shard.starts.length * 4);
    new Uint8Array(tail.buffer).set(
      new Uint8Array(Uint32Array.from(shard.starts).buffer),
      tail.length - shard.starts.length * 4,
    );
    shard.hash.update(tail);
    shard.writer.write(tail);
    const header: ShardHeader = {
      version: SHARD_VERSION,
      split,
      index: totals.shards,
      dtype: wide ? "uint32" : "uint16",
      tokens: shard.tokens,
      documents: shard.starts.length,
      bytes: shard.bytes,
      characters: shard.characters,
      vocab_size: vocabSize,
      eos_id: eosId,
      tokenizer_hash: options.tokenizerHash,
      sha256: shard.hash.digest(),
    };
    shard.writer.writeAt(0, encodeHeader(header));
    totals.shards++;
    totals.documents += header.documents;
    totals.tokens += header.tokens;
    totals.bytes += header.bytes;
    totals.characters += header.characters;
    done.push(shard.writer);
    shard = undefined;
  };

  return {
    totals,
    add(tokens, size, id) {
      if (shard !== undefined && shard.tokens >= options.shardTokens) close(false);
      shard ??= open();
      shard.starts.push(shard.tokens);
      if (eosId !== null) put(shard, eosId);
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]!;
        if (!(token >= 0 && token < vocabSize && Number.isInteger(token)))
          throw outOfRange(token, vocabSize, id);
        put(shard, token);
      }
      shard.bytes += size.bytes;
      shard.characters += size.characters;
    },
    finish: () => close(true),
    commit: () => {
      for (const writer of done) writer.commit();
    },
    abort() {
      shard?.writer.abort();
      for (const writer of done) writer.abort();
    },
  };
}

function outOfRange(token: number, vocabSize: number, id: string): UserError {
  return new UserError({
    code: "token-out-of-range",
    at: `document ${id}`,
    message: "the tokenizer gave a token outside its vocabulary",
    found: token,
    expected: `a whole number below ${vocabSize}`,
    fix: "pass the vocabulary size of the tokenizer that encodes",
  });
}
