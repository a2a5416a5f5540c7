/** @file Validation: every pair of a stream once, in order, whatever the batch. Bits per byte is the summed loss over
 *  `bytes` and ln 2; per character, over `characters`. */

import { type Batch, fillBatch, type Piece } from "./batch.js";
import type { TokenStream } from "./openShards.js";

export interface ValidationOptions {
  readonly shards: TokenStream;
  readonly batch: number;
  readonly context: number;
  /** `"stream"` (default): rows follow one another through the stream. `"documents"`: rows hold whole documents as long
   *  as they fit, in order, so that a document's beginning is its row's beginning or is set apart by `documentStarts`. */
  readonly mode?: "stream" | "documents";
  /** New pairs a row, `context` by default. Less overlaps the rows: the first `context − stride` positions of a row that
   *  goes on from another repeat what was before, as context without targets. */
  readonly stride?: number;
  readonly documentStarts?: boolean;
  /** Stop after so many rows, for a look now and then. */
  readonly maxRows?: number;
}

export interface Validation {
  /** Each batch has `batch` rows; the last is padded without targets. */
  batches(): Generator<Batch>;
  /** Targets over all batches. */
  readonly targets: number;
  /** UTF-8 bytes and code points that they spell; with `maxRows`, in proportion to the targets. */
  readonly bytes: number;
  readonly characters: number;
}

export function createValidation(options: ValidationOptions): Validation {
  const { shards, batch, context } = options;
  const stride = Math.min(options.stride ?? context, context);
  if (!(stride > 0)) throw new RangeError(`stride ${stride}`);
  const segments =
    options.mode === "documents" ? documentSegments(shards) : [[0, shards.tokens - 1] as const];
  const rows = function* () {
    let n = 0;
    for (const row of rowsOf(segments, context, stride)) {
      if (n++ === options.maxRows) return;
      yield row;
    }
  };
  const all = Math.max(0, shards.tokens - 1);
  let targets = options.maxRows === undefined ? all : 0;
  if (options.maxRows !== undefined)
    for (const row of rows()) for (const piece of row) targets += piece.count - (piece.contextOnly ?? 0);
  const share = all === 0 ? 0 : targets / all;
  return {
    targets,
    bytes: shards.bytes * share,
    characters: shards.characters * share,
    *batches() {
      let held: (readonly Piece[])[] = [];
      for (const row of rows()) {
        held.push(row);
        if (held.length < batch) continue;
        yield fillBatch(shards, held, context, options.documentStarts === true);
        held = [];
      }
      if (held.length === 0) return;
      while (held.length < batch) held.push([]);
      yield fillBatch(shards, held, context, options.documentStarts === true);
    },
  };
}

/** [first pair, end) of each document. */
function* documentSegments(shards: TokenStream): Generator<readonly [number, number]> {
  const starts = shards.documentStarts;
  for (let i = 0; i < starts.length; i++)
    yield [starts[i]!, i + 1 < starts.length ? starts[i + 1]! : shards.tokens - 1];
}

/** Rows over the segments, in order; a segment is cut only where it is longer than a row. */
function* rowsOf(
  segments: Iterable<readonly [number, number]>,
  context: number,
  stride: number,
): Generator<Piece[]> {
  let row: Piece[] = [];
  let room = context;
  for (const [start, end] of segments) {
    if (end - start > room && row.length > 0) {
      yield row;
      row = [];
      room = context;
    }
    for (let at = start; at < end; ) {
      const contextOnly = at === start ? 0 : Math.min(context - stride, at - start);
      const count = Math.min(room, end - at + contextOnly);
      row.push({ from: at - contextOnly, count, contextOnly });
      at += count - contextOnly;
      room -= count;
      if (room > 0) continue;
      yield row;
      row = [];
      room = context;
    }
  }
  if (row.length > 0) yield row;
}
