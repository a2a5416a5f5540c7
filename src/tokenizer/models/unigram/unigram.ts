/** @file Unigram: of all ways to cut the text into pieces the one with the highest sum of scores, by dynamic programming
 *  (Viterbi) from left to right; of equals the one found first. A character that no piece covers costs the lowest score
 *  and ten more; neighbours that are unknown become one token, or their bytes where there are tokens for all of them.
 *  (Kudo 2018.) */

import type { Model, TokenSink } from "../model.js";
import { refusePiece } from "../wordlevel/wordLevel.js";
import { createTrie } from "./trie.js";

const UNKNOWN_PENALTY = 10;

export interface UnigramOptions {
  /** Piece and score by id. */
  readonly pieces: ReadonlyArray<readonly [piece: string, score: number]>;
  readonly unkId: number | undefined;
  readonly byteFallback: boolean;
  /** Special tokens, which no text may come out as: their scores are often the best of all. */
  readonly special?: ReadonlySet<string> | undefined;
}

export function unigram({ pieces, unkId, byteFallback, special }: UnigramOptions): Model {
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const lowest = pieces.reduce((least, [, score]) => Math.min(least, score), Infinity);
  const search = createUnigramSearch(
    [...ids]
      .filter(([piece]) => !special?.has(piece))
      .map(([piece, id]) => ({ piece, id, score: pieces[id]![1] })),
    { unkId, unkScore: lowest - UNKNOWN_PENALTY, round: (score) => score },
  );
  const bytes = byteFallback ? byteTokens(ids) : undefined;
  const utf8 = new TextEncoder();

  const put = (text: string, start: number, end: number, sink: TokenSink): void => {
    const piece = text.slice(start, end);
    const id = ids.get(piece);
    if (id !== undefined && !special?.has(piece)) {
      sink.add(id, start, end);
      return;
    }
    const spelt = bytes === undefined ? undefined : Array.from(utf8.encode(piece), (byte) => bytes[byte]);
    if (spelt?.every((byte) => byte !== undefined)) for (const byte of spelt) sink.add(byte!, start, end);
    else if (unkId !== undefined) sink.add(unkId, start, end, piece);
    else refusePiece(piece, "a piece of the vocabulary");
  };

  return {
    tokenize(text, sink) {
      const cuts = search(text);
      for (let i = 0; i < cuts.length; i += 2) {
        const start = i === 0 ? 0 : cuts[i - 2]!;
        // Neighbours that are unknown are one.
        while (cuts[i + 1] === unkId && cuts[i + 3] === unkId && unkId !== undefined && i + 3 < cuts.length)
          i += 2;
        put(text, start, cuts[i]!, sink);
      }
    },
  };
}

export interface UnigramPiece {
  readonly piece: string;
  readonly id: number;
  readonly score: number;
}

export interface SearchOptions {
  /** Undefined: a character that no piece covers is refused. */
  readonly unkId: number | undefined;
  readonly unkScore: number;
  /** How sums of scores are rounded. */
  readonly round: (score: number) => number;
}

/** The best segmentation of a text: end and id of each piece in turn, [end0, id0, end1, id1, …]. */
export function createUnigramSearch(
  pieces: readonly UnigramPiece[],
  { unkId, unkScore, round }: SearchOptions,
): (text: string) => number[] {
  const scoreOf = Float64Array.from(pieces, ({ score }) => score);
  const trie = createTrie(pieces.flatMap(({ piece }, n) => (piece === "" ? [] : [[piece, n] as const])));
  const UNKNOWN = -2;
  let best = new Float64Array(256);
  let startOf = new Int32Array(256);
  let pieceOf = new Int32Array(256);
  let here = 0;
  let single = false;
  let characterEnd = 0;
  const offer = (end: number, n: number, score: number): void => {
    if (startOf[end]! >= 0 && !(score > best[end]!)) return;
    best[end] = score;
    startOf[end] = here;
    pieceOf[end] = n;
  };
  const visit = (end: number, n: number): void => {
    offer(end, n, round(scoreOf[n]! + best[here]!));
    if (end === characterEnd) single = true;
  };
  return (text) => {
    if (best.length <= text.length) {
      best = new Float64Array(text.length * 2);
      startOf = new Int32Array(text.length * 2);
      pieceOf = new Int32Array(text.length * 2);
    }
    startOf.fill(-1, 0, text.length + 1);
    best[0] = 0;
    for (here = 0; here < text.length; here = characterEnd) {
      characterEnd = here + (text.codePointAt(here)! > 0xffff ? 2 : 1);
      single = false;
      trie.prefixes(text, here, visit);
      if (single) continue;
      if (unkId === undefined) refusePiece(text.slice(here, characterEnd), "a character that a piece covers");
      offer(characterEnd, UNKNOWN, round(unkScore + best[here]!));
    }
    const cuts: number[] = [];
    for (let end = text.length; end > 0; end = startOf[end]!)
      cuts.push(pieceOf[end] === UNKNOWN ? unkId! : pieces[pieceOf[end]!]!.id, end);
    return cuts.reverse();
  };
}

/** Ids of `<0x00>` to `<0xFF>`, undefined where there is none. */
export function byteTokens(ids: ReadonlyMap<string, number>): Array<number | undefined> {
  return Array.from({ length: 256 }, (_, byte) =>
    ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
}
