/** @file Batches of examples for ever: in every epoch each row once, in another order; resumable exactly. A row is an example, or
 *  several packed together. */

import type { Batch } from "../batch.js";
import { type BatchLoader, refuseOtherRun } from "../batchLoader.js";
import { createDealer, type Place } from "../dealer.js";
import { checkRows } from "../loader.js";
import { type PackingStrategy, packExamples, type Segment } from "./pack.js";
import { type SftBatchOptions, sftBatch } from "./sftBatch.js";
import type { TokenStore } from "./tokenStore.js";

export interface SftLoaderOptions extends SftBatchOptions {
  readonly examples: TokenStore;
  /** Rows a batch. */
  readonly batch: number;
  readonly seed: number;
  /** Needs `context`. Default: an example a row. */
  readonly packing?: PackingStrategy | undefined;
}

/** JSON. */
export interface SftLoaderState extends Place {
  readonly version: 1;
  readonly kind: "sft";
  readonly seed: number;
  /** Rows an epoch. */
  readonly rows: number;
  /** What the examples are, so that a place in other data is refused. */
  readonly data: string;
}

export interface SftLoader extends BatchLoader<Batch, SftLoaderState> {
  /** Of an epoch. */
  readonly rows: readonly (readonly Segment[])[];
}

/** Throws `UserError` `option-invalid`; where a row is longer than `context`, or `packing` has none. */
export function createSftLoader(options: SftLoaderOptions): SftLoader {
  const { examples, batch, seed } = options;
  checkRows({ batch });
  const rows = sftRows(options);
  const data = examples.key();
  const dealer = createDealer(seed, () => ({
    count: rows.length,
    piece: (item) => ({ from: item, count: 1 }),
  }));
  const state = (): SftLoaderState => ({
    version: 1,
    kind: "sft",
    seed,
    rows: rows.length,
    data,
    ...dealer.place(),
  });
  return {
    rows,
    next: () =>
      sftBatch(
        examples,
        Array.from({ length: batch }, () => rows[dealer.next().item]!),
        options,
      ),
    epochs: dealer.epochs,
    state,
    restore(saved) {
      refuseOtherRun(saved, state(), ["version", "kind", "seed", "data", "rows"]);
      dealer.restore(saved);
    },
  };
}

/** All rows once, in order: for validation. The last batch is as large as it comes. */
export function* sftBatches(options: Omit<SftLoaderOptions, "seed">): Generator<Batch> {
  const rows = sftRows(options);
  for (let from = 0; from < rows.length; from += options.batch)
    yield sftBatch(options.examples, rows.slice(from, from + options.batch), options);
}

function sftRows({
  examples,
  packing,
  context,
}: Pick<SftLoaderOptions, "examples" | "packing" | "context">): Segment[][] {
  const lengths = Uint32Array.from({ length: examples.count }, (_, i) => examples.length(i));
  if (packing === undefined) return Array.from(lengths, (to, example) => [{ example, from: 0, to }]);
  if (context === undefined) throw new Error("sftRows: packing needs a context");
  return packExamples(lengths, context, packing);
}
