/** @file SentencePiece's four kinds of model on normalised text: Unigram, BPE by scores, words and characters; then unknown
 *  neighbours made one, or bytes. (google/sentencepiece, unigram_model.cc, bpe_model.cc, sentencepiece_processor.cc.) */

import type { SentencePieceModel } from "../../files/sentencePieceProto.js";
import type { Model, TokenSink } from "../model.js";
import type { Trie } from "../unigram/trie.js";
import { byteTokens, createUnigramSearch } from "../unigram/unigram.js";
import { SPACE_SIGN } from "./normalize.js";
import { createHeap, type Ranked } from "./scoredBpe.js";

const UNKNOWN_PENALTY = 10;

/** Cuts a text: end and id of each piece in turn. */
type Cutter = (text: string) => number[];

export function sentencePieceModel(model: SentencePieceModel, symbols: Trie): Model {
  const { unkId } = model;
  const ids = new Map<string, number>();
  model.pieces.forEach(({ piece, type }, id) => {
    if (type === "normal" || type === "userDefined" || type === "unused") ids.set(piece, id);
  });
  const cutter = {
    unigram: unigramCutter,
    bpe: bpeCutter,
    word: wordCutter,
    char: characterCutter,
  }[model.modelType](model, ids, symbols);
  const bytes = model.byteFallback
    ? byteTokens(new Map(model.pieces.map(({ piece }, id) => [piece, id])))
    : undefined;
  const utf8 = new TextEncoder();
  const spell = (text: string, start: number, end: number, sink: TokenSink): void => {
    const spelt = utf8.encode(text.slice(start, end));
    // The last byte has the character's place, the others stand before it.
    spelt.forEach((byte, i) => {
      sink.add(bytes?.[byte] ?? unkId, start, i === spelt.length - 1 ? end : start);
    });
  };
  return {
    tokenize(text, sink) {
      const cuts = cutter(text);
      for (let i = 0; i < cuts.length; i += 2) {
        const start = i === 0 ? 0 : cuts[i - 2]!;
        if (cuts[i + 1] !== unkId) sink.add(cuts[i + 1]!, start, cuts[i]!);
        else if (bytes !== undefined) spell(text, start, cuts[i]!, sink);
        else {
          while (i + 3 < cuts.length && cuts[i + 3] === unkId) i += 2;
          sink.add(unkId, start, cuts[i]!, text.slice(start, cuts[i]!));
        }
      }
    },
  };
}

function unigramCutter(model: SentencePieceModel, ids: ReadonlyMap<string, number>): Cutter {
  const normal = model.pieces.filter(({ type }) => type === "normal").map(({ score }) => score);
  const lowest = normal.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = normal.reduce((a, b) => Math.max(a, b), -Infinity);
  const utf8 = new TextEncoder();
  const pieces = [...ids]
    .filter(([, id]) => model.pieces[id]!.type !== "unused")
    .map(([piece, id]) => {
      const { score, type } = model.pieces[id]!;
      // A user's symbol is worth more than any way to spell it.
      const worth = type === "userDefined" ? Math.fround(utf8.encode(piece).length * highest - 0.1) : score;
      return { piece, id, score: worth };
    });
  return createUnigramSearch(pieces, {
    unkId: model.unkId,
    unkScore: Math.fround(lowest - UNKNOWN_PENALTY),
    round: Math.fround,
  });
}

/** User-defined symbols whole, else characters: [end, isSymbol] of each. */
function* characters(text: string, symbols: Trie): Iterable<[end: number, symbol: boolean]> {
  for (let at = 0; at < text.length; ) {
    let end = 0;
    symbols.prefixes(text, at, (e) => {
      end = e;
    });
    const symbol = end > 0;
    at = symbol ? end : at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
    yield [at, symbol];
  }
}

function characterCutter(model: SentencePieceModel, ids: ReadonlyMap<string, number>, symbols: Trie): Cutter {
  return (text) => {
    const cuts: number[] = [];
    let start = 0;
    for (const [end] of characters(text, symbols)) {
      cuts.push(end, ids.get(text.slice(start, end)) ?? model.unkId);
      start = end;
    }
    return cuts;
  };
}

function wordCutter(model: SentencePieceModel, ids: ReadonlyMap<string, number>): Cutter {
  const words = model.whitespaceAsSuffix
    ? new RegExp(`[^${SPACE_SIGN}]*(?:${SPACE_SIGN}|$)`, "g")
    : new RegExp(`${SPACE_SIGN}[^${SPACE_SIGN}]*|^[^${SPACE_SIGN}]+`, "g");
  return (text) => {
    const cuts: number[] = [];
    for (const word of text.matchAll(words))
      if (word[0] !== "") cuts.push(word.index + word[0].length, ids.get(word[0]) ?? model.unkId);
    return cuts;
  };
}

interface Candidate extends Ranked {
  readonly right: number;
  readonly end: number;
  readonly leftEnd: number;
}

function bpeCutter(model: SentencePieceModel, ids: ReadonlyMap<string, number>, symbols: Trie): Cutter {
  /** How an unused piece was made, to take it apart again. */
  const isUnused = (id: number) => model.pieces[id]!.type === "unused";
  return (text) => {
    const starts: number[] = [];
    const ends: number[] = [];
    const frozen: boolean[] = [];
    let at = 0;
    for (const [end, symbol] of characters(text, symbols)) {
      starts.push(at);
      ends.push(end);
      frozen.push(symbol);
      at = end;
    }
    const next = starts.map((_, i) => (i + 1 < starts.length ? i + 1 : -1));
    const previous = starts.map((_, i) => i - 1);
    const dead = starts.map(() => false);
    const halves = new Map<string, number>();
    const heap = createHeap<Candidate>();
    const offer = (left: number, right: number): void => {
      if (left < 0 || right < 0 || frozen[left] || frozen[right]) return;
      const id = ids.get(text.slice(starts[left]!, ends[right]!));
      if (id === undefined) return;
      const piece = model.pieces[id]!;
      heap.push({ score: piece.score, left, right, end: ends[right]!, leftEnd: ends[left]! });
      if (piece.type === "unused") halves.set(piece.piece, ends[left]! - starts[left]!);
    };
    for (let i = 0; i + 1 < starts.length; i++) offer(i, i + 1);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const { left, right } = top;
      if (dead[left] || dead[right] || ends[left] !== top.leftEnd || ends[right] !== top.end) continue;
      ends[left] = ends[right]!;
      dead[right] = true;
      next[left] = next[right]!;
      if (next[left] !== -1) previous[next[left]!] = left;
      offer(previous[left]!, left);
      offer(left, next[left]!);
    }
    const cuts: number[] = [];
    const put = (start: number, end: number): void => {
      const piece = text.slice(start, end);
      const id = ids.get(piece);
      const half = id !== undefined && isUnused(id) ? halves.get(piece) : undefined;
      if (half === undefined) cuts.push(end, id ?? model.unkId);
      else {
        put(start, start + half);
        put(start + half, end);
      }
    };
    for (let i = starts.length === 0 ? -1 : 0; i !== -1; i = next[i]!) put(starts[i]!, ends[i]!);
    return cuts;
  };
}
