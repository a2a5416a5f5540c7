/** @file Training batches from a token stream, for ever, without replacement within an epoch, resumable exactly.
 *
 *  - `"stream"`: the stream is cut into windows of `context` pairs, at another phase in every epoch, and the windows are
 *    dealt in another order. Nothing is padded; a window may begin inside a document.
 *  - `"documents"`: documents are packed so that rows begin with a document (see `packing.ts`).
 *
 *  Every draw is a function of (seed, epoch, index), so the same seed gives the same batches on all machines. */

import { UserError } from "../platform/errors.js";
import { type Batch, fillBatch, type Piece } from "./batch.js";
import { type BatchLoader, refuseOtherRun } from "./batchLoader.js";
import { createDealer, windowsAtPhase } from "./dealer.js";
import type { TokenStream } from "./openShards.js";
import { optionInvalid } from "./optionInvalid.js";
import { createPacker, type PackerState } from "./packing.js";

export interface LoaderOptions {
  readonly shards: TokenStream;
  /** Rows a batch. */
  readonly batch: number;
  /** Positions a row. */
  readonly context: number;
  readonly seed: number;
  readonly mode?: "stream" | "documents";
  /** Give `documentStarts`, for attention that stays inside documents. */
  readonly documentStarts?: boolean;
}

/** JSON. What `restore` needs to go on with the next batch. */
export type LoaderState = {
  readonly version: 1;
  readonly seed: number;
  readonly context: number;
  /** Tokens of the stream, so that a place in other data is refused. */
  readonly tokens: number;
} & (
  | { readonly mode: "stream"; readonly epoch: number; readonly index: number }
  | ({ readonly mode: "documents" } & PackerState)
);

export type Loader = BatchLoader<Batch, LoaderState>;

interface Sampler {
  row(): readonly Piece[];
  epochs(): number;
  state(): LoaderState;
  restore(state: LoaderState): void;
}

/** Throws `UserError`: `context-too-long` where the stream holds fewer than `context` pairs. */
export function createLoader(options: LoaderOptions): Loader {
  const { shards, batch, context } = options;
  checkRows({ batch, context });
  if (shards.tokens < context + 1) throw tooShort(shards, context + 1);
  const sampler = (options.mode ?? "stream") === "stream" ? streamSampler(options) : documentSampler(options);
  return {
    next: () =>
      fillBatch(shards, Array.from({ length: batch }, sampler.row), context, options.documentStarts === true),
    epochs: sampler.epochs,
    state: sampler.state,
    restore(state) {
      refuseOtherRun(state, sampler.state(), ["version", "mode", "seed", "context", "tokens"]);
      sampler.restore(state);
    },
  };
}

/** Throws `option-invalid` unless all are whole numbers above 0. */
export function checkRows(sizes: Readonly<Record<string, number>>): void {
  if (Object.values(sizes).every((size) => Number.isSafeInteger(size) && size > 0)) return;
  throw optionInvalid(Object.keys(sizes).join(", "), Object.values(sizes), "whole numbers above 0");
}

/** `context-too-long`: a stream of fewer tokens than a row needs. */
export function tooShort({ tokens }: TokenStream, needed: number): UserError {
  return new UserError({
    code: "context-too-long",
    at: "context",
    message: "the text is shorter than the context",
    found: `${tokens} tokens`,
    expected: `at least ${needed}`,
    fix: "shorten the context or add text",
  });
}

function head({ shards, context, seed }: LoaderOptions) {
  return { version: 1, seed, context, tokens: shards.tokens } as const;
}

function streamSampler(options: LoaderOptions): Sampler {
  const { shards, context, seed } = options;
  const dealer = createDealer(seed, windowsAtPhase(shards.tokens - 1, context));
  return {
    row: () => [dealer.next()],
    epochs: dealer.epochs,
    state: () => ({ ...head(options), mode: "stream", ...dealer.place() }),
    restore(state) {
      if (state.mode === "stream") dealer.restore(state);
    },
  };
}

function documentSampler(options: LoaderOptions): Sampler {
  const packer = createPacker(options.shards, options.context, options.seed);
  return {
    row: packer.row,
    epochs: packer.epochs,
    state: () => ({ ...head(options), mode: "documents", ...packer.state() }),
    restore(state) {
      if (state.mode === "documents") packer.restore(state);
    },
  };
}
