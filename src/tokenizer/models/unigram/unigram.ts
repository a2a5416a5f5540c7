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
}

export function unigram({ pieces, unkId, byteFallback }: UnigramOptions): Model {
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const scores = Float64Array.from(pieces, ([, score]) => score);
  const unkScore = scores.reduce((a, b) => Math.min(a, b), Infinity) - UNKNOWN_PENALTY;
  const trie = createTrie([...ids].filter(([piece]) => piece !== ""));
  const bytes = byteFallback ? byteTokens(ids) : undefined;
  const utf8 = new TextEncoder();
  let best = new Float64Array(256);
  let startOf = new Int32Array(256);
  let idOf = new Int32Array(256);

  const reserve = (length: number): void => {
    if (best.length <= length) {
      best = new Float64Array(length * 2);
      startOf = new Int32Array(length * 2);
      idOf = new Int32Array(length * 2);
    }
    startOf.fill(-1, 0, length + 1);
    best[0] = 0;
  };

  const search = (text: string): void => {
    reserve(text.length);
    let here = 0;
    let single = false;
    let characterEnd = 0;
    const offer = (end: number, id: number, score: number): void => {
      if (startOf[end]! >= 0 && !(score > best[end]!)) return;
      best[end] = score;
      startOf[end] = here;
      idOf[end] = id;
    };
    const visit = (end: number, id: number): void => {
      offer(end, id, scores[id]! + best[here]!);
      if (end === characterEnd) single = true;
    };
    while (here < text.length) {
      characterEnd = here + (text.codePointAt(here)! > 0xffff ? 2 : 1);
      single = false;
      trie.prefixes(text, here, visit);
      if (!single) {
        if (unkId === undefined)
          refusePiece(text.slice(here, characterEnd), "a character that a piece covers");
        offer(characterEnd, unkId, unkScore + best[here]!);
      }
      here = characterEnd;
    }
  };

  const put = (text: string, start: number, end: number, sink: TokenSink): void => {
    const piece = text.slice(start, end);
    const id = ids.get(piece);
    if (id !== undefined) {
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
      search(text);
      const cuts: number[] = [];
      for (let end = text.length; end > 0; ) {
        let start = startOf[end]!;
        if (idOf[end] === unkId) while (start > 0 && idOf[start] === unkId) start = startOf[start]!;
        cuts.push(end, start);
        end = start;
      }
      for (let i = cuts.length - 1; i > 0; i -= 2) put(text, cuts[i]!, cuts[i - 1]!, sink);
    },
  };
}

/** Ids of `<0x00>` to `<0xFF>`, undefined where there is none. */
export function byteTokens(ids: ReadonlyMap<string, number>): Array<number | undefined> {
  return Array.from({ length: 256 }, (_, byte) =>
    ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
}
