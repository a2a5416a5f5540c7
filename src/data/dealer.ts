/** @file Pieces of a stream dealt for ever: in every epoch each piece once, in another order. A stream is cut into windows
 *  of one length, at another phase in every epoch, or into documents and their parts. */

import { indexAtOrBefore, type TokenStream } from "./openShards.js";
import { createRandom, permuted, type Random } from "./random.js";

/** How a stream is cut: `count` pieces, in order. */
export interface Cut {
  readonly count: number;
  piece(item: number): Span;
}

export interface Span {
  readonly from: number;
  readonly count: number;
}

export interface Dealt extends Span {
  readonly epoch: number;
  /** Which of the epoch's pieces this is, in the stream's order: with `epoch`, a name for what is drawn for it. */
  readonly item: number;
}

/** JSON: epochs finished, and pieces dealt of the current one. */
export interface Place {
  readonly epoch: number;
  readonly index: number;
}

export interface Dealer {
  next(): Dealt;
  epochs(): number;
  place(): Place;
  restore(place: Place): void;
}

/** `cut` makes an epoch's cut; what it draws comes from (seed, epoch). */
export function createDealer(seed: number, cut: (random: Random) => Cut): Dealer {
  let epoch = 0;
  let index = 0;
  const begin = () => {
    const random = createRandom(seed, epoch);
    const pieces = cut(random);
    return { pieces, key: random.next() };
  };
  let { pieces, key } = begin();
  return {
    next() {
      if (index === pieces.count) {
        index = 0;
        epoch++;
        ({ pieces, key } = begin());
      }
      const item = permuted(index++, pieces.count, key);
      return { ...pieces.piece(item), epoch, item };
    },
    epochs: () => epoch + index / pieces.count,
    place: () => ({ epoch, index }),
    restore(place) {
      ({ epoch, index } = place);
      ({ pieces, key } = begin());
    },
  };
}

/** `total` positions (at least `size`) in windows of `size` from a drawn phase on; what is left at the ends is not dealt. */
export function windowsAtPhase(total: number, size: number): (random: Random) => Cut {
  return (random) => {
    const phase = random.below(Math.min(size, total - size + 1));
    return {
      count: Math.floor((total - phase) / size),
      piece: (item) => ({ from: phase + item * size, count: size }),
    };
  };
}

/** All `total` positions in windows of `size`, the last as long as it comes; none where it would be shorter than `least`. */
export function windowsInOrder(total: number, size: number, least = 1): Cut {
  const whole = Math.floor(total / size);
  return {
    count: whole + (total - whole * size >= least ? 1 : 0),
    piece: (item) => ({ from: item * size, count: Math.min(size, total - item * size) }),
  };
}

/** Documents (without end-of-text), those longer than `size` tokens in parts of `size`. */
export function documentParts(stream: TokenStream, size: number): Cut {
  const { documentStarts: starts, tokens } = stream;
  const mark = stream.eosId === null ? 0 : 1;
  const lengthOf = (document: number) =>
    (document + 1 < starts.length ? starts[document + 1]! : tokens - mark) - starts[document]! - mark;
  const firsts = new Float64Array(starts.length);
  let count = 0;
  for (let i = 0; i < starts.length; i++) {
    firsts[i] = count;
    count += Math.ceil(lengthOf(i) / size);
  }
  return {
    count,
    piece(item) {
      // Of documents without a token, which have no part, a later one begins with the same number.
      const document = indexAtOrBefore(firsts, item);
      const skipped = (item - firsts[document]!) * size;
      return {
        from: starts[document]! + mark + skipped,
        count: Math.min(size, lengthOf(document) - skipped),
      };
    },
  };
}

/** The pieces of a cut in order, in groups of `size`, at most `most` pieces in all. */
export function* inGroups(
  cut: Cut,
  size: number,
  most = cut.count,
): Generator<(Span & { readonly item: number })[]> {
  const end = Math.min(cut.count, most);
  for (let from = 0; from < end; from += size)
    yield Array.from({ length: Math.min(size, end - from) }, (_, i) => ({
      ...cut.piece(from + i),
      item: from + i,
    }));
}
