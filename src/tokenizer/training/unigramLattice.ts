/** @file All ways to cut a word into pieces: how much each piece is expected to be used (forward and backward sums), the
 *  best way, and whether a piece has another way than itself. (Kudo 2018, section 3; Kudo & Richardson 2018.) */

import { createTrie } from "../models/unigram/trie.js";

export interface UnigramLattice {
  /** Adds to `expected` the uses of each piece in the word, times `weight`. */
  expect(word: string, weight: number, expected: Float64Array): void;
  /** Pieces of the best way. */
  best(word: string): number[];
  /** Pieces of the best way and of the second best, if there is one. */
  twoBest(word: string): number[][];
}

/** Piece 0 is the unknown one. Characters that no piece covers cost `unkScore`. */
export function createUnigramLattice(
  pieces: ReadonlyArray<readonly [piece: string, score: number]>,
  unkScore: number,
): UnigramLattice {
  const trie = createTrie(pieces.slice(1).map(([piece], i) => [piece, i + 1] as const));
  const scores = Float64Array.from(pieces, ([, score]) => score);
  scores[0] = unkScore;
  // Edges of the word at hand: from, to, piece.
  let from: number[] = [];
  let to: number[] = [];
  let piece: number[] = [];

  const build = (word: string): void => {
    from = [];
    to = [];
    piece = [];
    for (let at = 0; at < word.length; ) {
      const next = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
      let single = false;
      trie.prefixes(word, at, (end, id) => {
        from.push(at);
        to.push(end);
        piece.push(id);
        if (end === next) single = true;
      });
      if (!single) {
        from.push(at);
        to.push(next);
        piece.push(0);
      }
      at = next;
    }
  };

  return {
    expect(word, weight, expected) {
      build(word);
      const n = word.length;
      const forward = new Float64Array(n + 1).fill(Number.NaN);
      const backward = new Float64Array(n + 1).fill(Number.NaN);
      forward[0] = 0;
      backward[n] = 0;
      for (let e = 0; e < piece.length; e++)
        forward[to[e]!] = logSum(forward[to[e]!]!, forward[from[e]!]! + scores[piece[e]!]!);
      for (let e = piece.length - 1; e >= 0; e--)
        backward[from[e]!] = logSum(backward[from[e]!]!, backward[to[e]!]! + scores[piece[e]!]!);
      const all = forward[n]!;
      for (let e = 0; e < piece.length; e++) {
        const share = forward[from[e]!]! + scores[piece[e]!]! + backward[to[e]!]! - all;
        expected[piece[e]!]! += weight * Math.exp(share);
      }
    },
    best(word) {
      build(word);
      const score = new Float64Array(word.length + 1).fill(Number.NEGATIVE_INFINITY);
      const edge = new Int32Array(word.length + 1).fill(-1);
      score[0] = 0;
      for (let e = 0; e < piece.length; e++) {
        const sum = score[from[e]!]! + scores[piece[e]!]!;
        if (edge[to[e]!] !== -1 && !(sum > score[to[e]!]!)) continue;
        score[to[e]!] = sum;
        edge[to[e]!] = e;
      }
      const found: number[] = [];
      for (let at = word.length; at > 0; at = from[edge[at]!]!) found.push(piece[edge[at]!]!);
      return found.reverse();
    },
    twoBest(word) {
      build(word);
      interface Way {
        readonly score: number;
        readonly edge: number;
        readonly before: Way | undefined;
      }
      const ways: Way[][] = Array.from({ length: word.length + 1 }, () => []);
      ways[0]!.push({ score: 0, edge: -1, before: undefined });
      for (let e = 0; e < piece.length; e++)
        for (const before of ways[from[e]!]!) {
          const list = ways[to[e]!]!;
          const score = before.score + scores[piece[e]!]!;
          let at = list.length;
          while (at > 0 && score > list[at - 1]!.score) at--;
          list.splice(at, 0, { score, edge: e, before });
          list.length = Math.min(list.length, 2);
        }
      return ways[word.length]!.map((way) => {
        const found: number[] = [];
        for (let w: Way | undefined = way; w !== undefined && w.edge >= 0; w = w.before)
          found.push(piece[w.edge]!);
        return found.reverse();
      });
    },
  };
}

/** log(eˣ + eʸ); NaN stands for nothing yet. */
function logSum(x: number, y: number): number {
  if (Number.isNaN(x)) return y;
  const [low, high] = x > y ? [y, x] : [x, y];
  return high > low + 50 ? high : high + Math.log(Math.exp(low - high) + 1);
}
