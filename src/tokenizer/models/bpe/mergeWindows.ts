/** @file Byte-pair encoding of a long word window by window, so that the work stays in the nearest cache. Merging acts
 *  nearby: a list of tokens is the encoding of a word if and only if every two neighbours are the encoding of the two
 *  joined. (A merge across a boundary would first happen where nothing else was merged across one, hence between two
 *  neighbours left to themselves.) So a window is encoded with the last few tokens before it, and its first token is tested
 *  against the one that was kept before; where the two would merge, the window begins earlier. */

import { BOARD, BOARD_RANKS, createBoard } from "./mergeBoard.js";
import { createListMerger } from "./mergeLongWord.js";
import type { MergeTable } from "./mergeTable.js";

/** `tokens[i]` stands for what was given from `starts[i]` to `starts[i + 1]`; the first `count` of each hold. */
export interface Merged {
  readonly tokens: Int32Array;
  readonly starts: Int32Array;
  readonly count: number;
}

/** Tokens that are encoded anew with a window. */
const AGAIN = 3;
/** New symbols a window where the board would be taken up by old ones. */
const LONG_WINDOW = 1 << 15;
/** If neighbours would merge so far back, the word is encoded whole. */
const FARTHEST_BACK = 4 * LONG_WINDOW;

interface Word {
  readonly symbols: Int32Array;
  /** Of each pair of neighbours at first. */
  readonly ranks: Int32Array;
  /** The tokens so far, as in `Merged`. */
  readonly tokens: Int32Array;
  readonly starts: Int32Array;
}

/** Appends the tokens of `symbols[from, to)` to those of a word behind the first `kept`; returns how many there are then. */
type Encode = (word: Word, from: number, to: number, kept: number) => number;

/** Merges symbols; `firstRanks[i]` is the rank of the pair (i, i + 1). Neither array is changed. */
export function createWindowMerger(
  table: MergeTable,
): (symbols: Int32Array, firstRanks: Int32Array) => Merged {
  const board = createBoard(table);
  const most = table.result.length < BOARD_RANKS ? BOARD : 0;
  const lists = createLists(table);
  const encode: Encode = (word, from, to, kept) => {
    if (to - from > most) return lists(word, from, to, kept);
    const count = board.merge(word.symbols, word.ranks, from, to);
    board.take(word.tokens, word.starts, kept);
    return kept + count;
  };
  const fits = createJoinTest(encode);
  return (symbols, ranks) => {
    const n = symbols.length;
    const word = { symbols, ranks, tokens: new Int32Array(n), starts: new Int32Array(n) };
    let count = 0;
    for (let at = 0; at < n; ) {
      let from = at;
      let to = 0;
      for (let again = AGAIN, kept = count; ; again *= 2) {
        kept = Math.max(0, kept - again);
        if (kept < count) from = word.starts[kept]!;
        if (at - from > FARTHEST_BACK) return { ...word, count: lists(word, 0, n, 0) };
        to = Math.min(n, at - from <= BOARD / 2 ? from + BOARD : at + LONG_WINDOW);
        const now = encode(word, from, to, kept);
        if (kept === 0 || fits(word, kept, kept + 1 < now ? word.starts[kept + 1]! : to)) {
          count = now;
          break;
        }
        count = kept;
      }
      at = to;
    }
    return { tokens: word.tokens, starts: word.starts, count };
  };
}

/** Whether the tokens `kept - 1` and `kept`, the latter up to `end`, stay two if encoded together. */
function createJoinTest(encode: Encode): (word: Word, kept: number, end: number) => boolean {
  let tokens = new Int32Array(64);
  let starts = new Int32Array(64);
  return ({ symbols, ranks, ...word }, kept, end) => {
    const from = word.starts[kept - 1]!;
    if (end - from > tokens.length) {
      tokens = new Int32Array(2 * (end - from));
      starts = new Int32Array(tokens.length);
    }
    const count = encode({ symbols, ranks, tokens, starts }, from, end, 0);
    return count === 2 && starts[1] === word.starts[kept];
  };
}

function createLists(table: MergeTable): Encode {
  const merge = createListMerger(table);
  return ({ symbols, ranks, tokens, starts }, from, to, kept) => {
    const ids = symbols.slice(from, to);
    const next = merge(ids, ranks.subarray(from, to));
    let count = kept;
    for (let i = 0; i !== -1 && i < ids.length; i = next[i]!) {
      tokens[count] = ids[i]!;
      starts[count++] = from + i;
    }
    return count;
  };
}
