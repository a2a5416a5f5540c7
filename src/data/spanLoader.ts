/** @file Span corruption's batches from a token stream (see `spanCorruption.ts`): windows of text, dealt as `loader.ts`
 *  deals them, each with spans drawn anew in every epoch. Windows run across documents, whose end-of-text tokens are text. */

import { type BatchLoader, refuseOtherRun } from "./batchLoader.js";
import { createDealer, inGroups, type Place, type Span, windowsAtPhase, windowsInOrder } from "./dealer.js";
import { checkRows, tooShort } from "./loader.js";
import type { TokenStream } from "./openShards.js";
import { fillPairs, type PairBatch, type TokenPair } from "./pairBatch.js";
import { createRandom, type Random } from "./random.js";
import { type CorruptionOptions, checkSentinels, corruptSpans, spanLengths } from "./spanCorruption.js";

export interface SpanRows {
  readonly shards: TokenStream;
  /** Rows a batch. */
  readonly batch: number;
  /** Tokens of a source, end included. */
  readonly inputLength: number;
  readonly corruption: CorruptionOptions;
}

export interface SpanLoaderOptions extends SpanRows {
  readonly seed: number;
}

/** JSON. */
export interface SpanLoaderState extends Place {
  readonly version: 1;
  readonly kind: "spans";
  readonly seed: number;
  readonly inputLength: number;
  readonly tokens: number;
}

export interface SpanLoader extends BatchLoader<PairBatch, SpanLoaderState> {
  /** Tokens of every target. */
  readonly targetLength: number;
}

/** Throws `UserError`: `option-invalid`, `context-too-long`, `sentinels-too-few`. */
export function createSpanLoader(options: SpanLoaderOptions): SpanLoader {
  const { shards, batch, seed, inputLength } = options;
  const { pieceLength, targetLength } = checkSpanRows(options);
  if (shards.tokens < pieceLength) throw tooShort(shards, pieceLength);
  const dealer = createDealer(seed, windowsAtPhase(shards.tokens, pieceLength));
  const row = () => {
    const window = dealer.next();
    return corrupted(options, window, createRandom(seed, window.epoch, window.item, SPANS));
  };
  const state = (): SpanLoaderState => ({
    version: 1,
    kind: "spans",
    seed,
    inputLength,
    tokens: shards.tokens,
    ...dealer.place(),
  });
  return {
    targetLength,
    next: () => fillPairs(Array.from({ length: batch }, row), options.corruption.eosId),
    epochs: dealer.epochs,
    state,
    restore(saved) {
      refuseOtherRun(saved, state(), ["version", "kind", "seed", "inputLength", "tokens"]);
      dealer.restore(saved);
    },
  };
}

/** Sets what is drawn for spans apart from other draws of (seed, epoch, item). */
const SPANS = 3;

export interface SpanValidation {
  /** The last batch has fewer rows where they do not come out even. */
  batches(): Generator<PairBatch>;
  readonly rows: number;
}

/** The whole stream once, in order (but for a lone last token), with spans that depend on a row's number alone, so that evaluations compare. */
export function createSpanValidation(options: SpanRows & { readonly maxRows?: number }): SpanValidation {
  const { shards, batch, maxRows } = options;
  const cut = windowsInOrder(shards.tokens, checkSpanRows(options).pieceLength, 2);
  return {
    rows: Math.min(cut.count, maxRows ?? cut.count),
    *batches() {
      for (const group of inGroups(cut, batch, maxRows))
        yield fillPairs(
          group.map((span) => corrupted(options, span, createRandom(0, span.item, SPANS))),
          options.corruption.eosId,
        );
    },
  };
}

function checkSpanRows({ batch, inputLength, corruption }: SpanRows): ReturnType<typeof spanLengths> {
  checkRows({ batch });
  const lengths = spanLengths(inputLength, corruption);
  checkSentinels(lengths.pieceLength, corruption);
  return lengths;
}

function corrupted({ shards, corruption }: SpanRows, { from, count }: Span, random: Random): TokenPair {
  const text = new Int32Array(count);
  shards.read(from, count, text);
  return corruptSpans(text, corruption, random);
}
