/** @file A split's pairs of token sequences, opened for reading any of them. */

import { UserError } from "../platform/errors.js";
import { type OpenShardsOptions, openSplit, type TokenStream, tokensInMemory } from "./openShards.js";
import type { TokenPair } from "./pairBatch.js";
import type { Split } from "./split.js";
import { PAIR_SET } from "./writeShards.js";

/** Anything of this shape can be loaded from; `pairsInMemory` makes one. */
export interface TokenPairs {
  /** How many there are. */
  readonly pairs: number;
  readonly sourceTokens: number;
  readonly targetTokens: number;
  /** UTF-8 bytes and code points of the targets' texts. */
  readonly bytes: number;
  readonly characters: number;
  readonly vocabSize: number;
  sourceLength(i: number): number;
  targetLength(i: number): number;
  read(i: number): TokenPair;
  close(): void;
}

/** Opens a split of what `writePairs` wrote. Throws `UserError` as `openShards` does. */
export function openPairs(folder: string, split: Split, options: OpenShardsOptions = {}): TokenPairs {
  return pairsOf(openSplit(folder, PAIR_SET, split, options), folder);
}

/** Pairs in memory; an empty side throws. `bytes` and `characters` are the targets'. */
export function pairsInMemory(
  pairs: readonly { readonly source: ArrayLike<number>; readonly target: ArrayLike<number> }[],
  options: { vocabSize: number; bytes?: number; characters?: number },
): TokenPairs {
  for (const [i, { source, target }] of pairs.entries())
    if (source.length === 0 || target.length === 0) throw new RangeError(`pair ${i} has an empty side`);
  const sides = pairs.flatMap(({ source, target }) => [source, target]);
  return pairsOf(tokensInMemory(sides, { ...options, eosId: null }), "memory");
}

/** The stream's documents, two a pair. */
function pairsOf(stream: TokenStream, file: string): TokenPairs {
  const starts = stream.documentStarts;
  if (starts.length % 2 !== 0 || stream.eosId !== null) {
    throw new UserError({
      code: "shard-damaged",
      file,
      message: "holds a source without its target",
      found: `${starts.length} sides`,
      fix: "make the shards again",
    });
  }
  const startOf = (side: number) => (side < starts.length ? starts[side]! : stream.tokens);
  const lengthOf = (side: number) => startOf(side + 1) - startOf(side);
  let sourceTokens = 0;
  for (let side = 0; side < starts.length; side += 2) sourceTokens += lengthOf(side);
  return {
    pairs: starts.length / 2,
    sourceTokens,
    targetTokens: stream.tokens - sourceTokens,
    bytes: stream.bytes,
    characters: stream.characters,
    vocabSize: stream.vocabSize,
    sourceLength: (i) => lengthOf(2 * i),
    targetLength: (i) => lengthOf(2 * i + 1),
    read(i) {
      if (!(i >= 0 && 2 * i < starts.length)) throw new RangeError(`pair ${i} of ${starts.length / 2}`);
      const length = lengthOf(2 * i);
      const both = new Int32Array(length + lengthOf(2 * i + 1));
      stream.read(startOf(2 * i), both.length, both);
      return { source: both.subarray(0, length), target: both.subarray(length) };
    },
    close: stream.close,
  };
}
