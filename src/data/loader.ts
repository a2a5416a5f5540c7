/** @file Training batches from a token stream, for ever, without replacement within an epoch, resumable exactly.
 *
 *  - `"stream"`: the stream is cut into windows of `context` pairs, at another phase in every epoch, and the windows are
 *    dealt in another order. Nothing is padded; a window may begin inside a document.
 *  - `"documents"`: documents are packed so that rows begin with a document (see `packing.ts`).
 *
 *  Every draw is a function of (seed, epoch, index), so the same seed gives the same batches on all machines. */

import { UserError } from "../platform/errors.js";
import { type Batch, fillBatch, type Piece } from "./batch.js";
import type { TokenStream } from "./openShards.js";
import { createPacker, type PackerState } from "./packing.js";
import { createRandom, permuted } from "./random.js";

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

export interface Loader {
  next(): Batch;
  /** Passes over the data begun so far, with the fraction of the current one: 2.25 is a quarter into the third. */
  epochs(): number;
  state(): LoaderState;
  /** Throws `UserError` `loader-mismatch` for a state of other data, seed, context or mode. */
  restore(state: LoaderState): void;
}

interface Sampler {
  row(): readonly Piece[];
  epochs(): number;
  state(): LoaderState;
  restore(state: LoaderState): void;
}

/** Throws `UserError`: `context-too-long` where the stream holds fewer than `context` pairs. */
export function createLoader(options: LoaderOptions): Loader {
  const { shards, batch, context } = options;
  if (!(Number.isSafeInteger(batch) && batch > 0 && Number.isSafeInteger(context) && context > 0)) {
    throw new UserError({
      code: "option-invalid",
      at: "batch, context",
      message: "cannot be",
      found: [batch, context],
      expected: "whole numbers above 0",
    });
  }
  if (shards.tokens < context + 1) {
    throw new UserError({
      code: "context-too-long",
      at: "context",
      message: "the text is shorter than the context",
      found: `${shards.tokens} tokens`,
      expected: `at least ${context + 1}`,
      fix: "shorten the context or add text",
    });
  }
  const sampler = (options.mode ?? "stream") === "stream" ? streamSampler(options) : documentSampler(options);
  return {
    next: () =>
      fillBatch(shards, Array.from({ length: batch }, sampler.row), context, options.documentStarts === true),
    epochs: sampler.epochs,
    state: sampler.state,
    restore(state) {
      const mine = sampler.state();
      for (const key of ["version", "mode", "seed", "context", "tokens"] as const) {
        if (state[key] === mine[key]) continue;
        throw new UserError({
          code: "loader-mismatch",
          at: key,
          message: "the saved place in the data belongs to another run",
          found: state[key],
          expected: mine[key],
          fix: "resume with the same data and recipe, or start a new run",
        });
      }
      sampler.restore(state);
    },
  };
}

function head({ shards, context, seed }: LoaderOptions) {
  return { version: 1, seed, context, tokens: shards.tokens } as const;
}

function streamSampler(options: LoaderOptions): Sampler {
  const { shards, context, seed } = options;
  const pairs = shards.tokens - 1;
  let epoch = 0;
  let index = 0;
  const cut = (of: number) => {
    const random = createRandom(seed, of);
    const phase = random.below(Math.min(context, pairs - context + 1));
    return { phase, key: random.next(), windows: Math.floor((pairs - phase) / context) };
  };
  let { phase, key, windows } = cut(0);
  return {
    row() {
      if (index === windows) {
        index = 0;
        ({ phase, key, windows } = cut(++epoch));
      }
      return [{ from: phase + permuted(index++, windows, key) * context, count: context }];
    },
    epochs: () => epoch + index / windows,
    state: () => ({ ...head(options), mode: "stream", epoch, index }),
    restore(state) {
      if (state.mode !== "stream") return;
      ({ epoch, index } = state);
      ({ phase, key, windows } = cut(epoch));
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
