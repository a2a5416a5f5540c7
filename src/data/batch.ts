/** @file Rows of a batch filled from pieces of a token stream. A piece `{from, count}` stands for the pairs (input token
 *  p, target token p+1) with p in [from, from + count): a stream of N tokens has N−1 pairs, and every sampler deals in
 *  pairs, so that each is learned from or scored exactly as often as it should be. */

import { indexAtOrBefore, type TokenStream } from "./openShards.js";

/** Marks a position that is no target; what PyTorch's cross-entropy ignores by default. */
export const NO_TARGET = -100;

export interface Batch {
  /** [batch, context] token ids. */
  readonly inputs: Int32Array;
  /** [batch, context] token ids, or −100. */
  readonly targets: Int32Array;
  /** [batch, context]: for each position, the first position of its row that belongs to the same document; attention
   *  reaches from there to the position. */
  readonly documentStarts?: Int32Array;
  readonly batch: number;
  readonly context: number;
  /** Targets that are not −100. */
  readonly targetCount: number;
}

export interface Piece {
  readonly from: number;
  readonly count: number;
  /** Leading pairs whose targets are left out: they are there as context only. */
  readonly contextOnly?: number;
}

/** Fills `rows.length` rows; a row's end that no piece covers gets end-of-text (or 0) as input and no targets. */
export function fillBatch(
  stream: TokenStream,
  rows: readonly (readonly Piece[])[],
  context: number,
  withStarts: boolean,
): Batch {
  const batch = rows.length;
  const inputs = new Int32Array(batch * context).fill(stream.eosId ?? 0);
  const targets = new Int32Array(batch * context).fill(NO_TARGET);
  const starts = withStarts ? new Int32Array(batch * context) : undefined;
  const scratch = new Int32Array(context + 1);
  let targetCount = 0;
  rows.forEach((pieces, row) => {
    let at = 0;
    for (const piece of pieces) {
      const place = row * context + at;
      stream.read(piece.from, piece.count + 1, scratch);
      inputs.set(scratch.subarray(0, piece.count), place);
      const skip = piece.contextOnly ?? 0;
      targets.set(scratch.subarray(1 + skip, piece.count + 1), place + skip);
      targetCount += piece.count - skip;
      if (starts !== undefined) fillStarts(stream, piece, at, starts.subarray(place, place + piece.count));
      at += piece.count;
    }
    starts?.fill(at, row * context + at, (row + 1) * context);
  });
  return {
    inputs,
    targets,
    ...(starts === undefined ? {} : { documentStarts: starts }),
    batch,
    context,
    targetCount,
  };
}

/** Document starts of one piece that lies at `at` in its row. */
export function fillStarts(stream: TokenStream, piece: Piece, at: number, into: Int32Array): void {
  const documents = stream.documentStarts;
  let next = indexAtOrBefore(documents, piece.from) + 1;
  let start = at;
  for (let i = 0; i < piece.count; i++) {
    if (next < documents.length && documents[next] === piece.from + i) {
      start = at + i;
      next++;
    }
    into[i] = start;
  }
}
