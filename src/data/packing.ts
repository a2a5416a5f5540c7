/** @file Documents packed into rows of a fixed length: rows begin with the beginning of a document, the rest is filled
 *  best-fit, and what fits nowhere is cut. After the best-fit packing of Ding et al. 2024 ("Fewer Truncations Improve
 *  Language Modeling") and nanochat's aligned rows; here a cut document's remainder is kept and dealt later, so an epoch
 *  holds every pair exactly once and no position is padded. */

import type { Piece } from "./batch.js";
import { mix32 } from "./hash.js";
import type { TokenStream } from "./openShards.js";
import { createRandom, foldSeed, permuted } from "./random.js";

/** JSON: documents drawn so far and pieces waiting. */
export interface PackerState {
  readonly epoch: number;
  readonly index: number;
  /** Beginnings of documents, oldest first: [first pair, pairs]. */
  readonly heads: readonly (readonly [number, number])[];
  /** Remainders of cut documents. */
  readonly tails: readonly (readonly [number, number])[];
}

export interface Packer {
  /** Pieces that fill a row exactly. */
  row(): Piece[];
  epochs(): number;
  state(): PackerState;
  restore(state: PackerState): void;
}

/** Pieces to choose from: more fit better and mix less. */
const POOL = 256;

export function createPacker(stream: TokenStream, context: number, seed: number): Packer {
  const documents = stream.documentStarts.length;
  const pool = Math.min(POOL, documents);
  let heads: Piece[] = [];
  let tails: Piece[] = [];
  let epoch = 0;
  let index = 0;
  const keyOf = (of: number) => createRandom(seed, of, 1).next();
  let key = keyOf(0);

  const draw = () => {
    if (index === documents) {
      index = 0;
      key = keyOf(++epoch);
    }
    const document = permuted(index++, documents, key);
    const from = stream.documentStarts[document]!;
    const end = document + 1 < documents ? stream.documentStarts[document + 1]! : stream.tokens - 1;
    const count = end - from;
    if (count <= 0) return;
    // A document longer than a row is cut, at another place in each epoch.
    const first = count <= context ? count : 1 + (mix32(foldSeed(document) ^ key) % context);
    heads.push({ from, count: first });
    if (first < count) tails.push({ from: from + first, count: count - first });
  };
  /** Takes at most `room` pairs of piece `i`; the rest stays as a remainder. */
  const take = (list: Piece[], i: number, room: number): Piece => {
    const piece = list[i]!;
    list.splice(i, 1);
    if (piece.count <= room) return piece;
    tails.push({ from: piece.from + room, count: piece.count - room });
    return { from: piece.from, count: room };
  };
  return {
    row() {
      const row: Piece[] = [];
      for (let room = context; room > 0; ) {
        while (heads.length + tails.length < pool) draw();
        const start = row.length === 0;
        const useTail = heads.length === 0 || tails.length > pool / 2;
        const piece = start ? take(useTail ? tails : heads, 0, room) : bestFit(room);
        const before = row.at(-1);
        if (before !== undefined && before.from + before.count === piece.from)
          row[row.length - 1] = { from: before.from, count: before.count + piece.count };
        else row.push(piece);
        room -= piece.count;
      }
      return row;
    },
    epochs: () => epoch + index / documents,
    state: () => ({
      epoch,
      index,
      heads: heads.map((p) => [p.from, p.count]),
      tails: tails.map((p) => [p.from, p.count]),
    }),
    restore(state) {
      ({ epoch, index } = state);
      key = keyOf(epoch);
      heads = state.heads.map(([from, count]) => ({ from, count }));
      tails = state.tails.map(([from, count]) => ({ from, count }));
    },
  };

  /** The largest piece that fits; where none does, part of the longest remainder, or else of the longest beginning. */
  function bestFit(room: number): Piece {
    const best = [largest(tails, room), largest(heads, room)] as const;
    const counts = [tails[best[0]]?.count ?? 0, heads[best[1]]?.count ?? 0];
    if (counts[0]! + counts[1]! > 0)
      return counts[0]! >= counts[1]! ? take(tails, best[0], room) : take(heads, best[1], room);
    return tails.length > 0
      ? take(tails, largest(tails, Infinity), room)
      : take(heads, largest(heads, Infinity), room);
  }
}

/** Index of the first longest piece of at most `limit` pairs, or -1. */
function largest(pieces: readonly Piece[], limit: number): number {
  let best = -1;
  for (let i = 0; i < pieces.length; i++) {
    const { count } = pieces[i]!;
    if (count <= limit && (best < 0 || count > pieces[best]!.count)) best = i;
  }
  return best;
}
