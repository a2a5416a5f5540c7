/** @file BPE over characters: unknown letters, byte fallback, prefixes of what goes on and suffixes of what ends a word,
 *  dropout. Byte-level models have a faster way (`byteLevelBpe.ts`); here every variant of the format is done.
 *  (Sennrich et al. 2016; SentencePiece for byte fallback; Provilkov et al. 2020 for dropout.) */

import type { Model, TokenSink } from "../model.js";
import { byteTokens } from "../unigram/unigram.js";
import { type MergeTable, NO_MERGE, rankOf } from "./mergeTable.js";
import { createWindowMerger, type Merged } from "./mergeWindows.js";

export interface TextBpeOptions {
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: MergeTable;
  readonly unkId: number | undefined;
  /** Neighbouring unknown letters become one token. */
  readonly fuseUnk: boolean;
  readonly byteFallback: boolean;
  readonly continuingPrefix: string;
  readonly endOfWordSuffix: string;
  /** A piece that is a token stays whole. */
  readonly ignoreMerges: boolean;
  /** Never merge: what a dropout of 1 gives. */
  readonly neverMerge: boolean;
}

/** Tokens of a piece, with their lengths in UTF-8 bytes. */
interface Symbols {
  readonly ids: number[];
  readonly lengths: number[];
}

export function textBpe(options: TextBpeOptions): Model {
  const { ids, ignoreMerges, neverMerge } = options;
  const letters = createLetters(options);
  const windows = createWindowMerger(options.merges);
  const merge = (ids: Int32Array): Merged =>
    windows(
      ids,
      ids.map((id, i) => (i + 1 < ids.length ? rankOf(options.merges, id, ids[i + 1]!) : NO_MERGE)),
    );
  return {
    tokenize(piece, sink) {
      const whole = ignoreMerges ? ids.get(piece) : undefined;
      if (whole !== undefined) return sink.add(whole, 0, piece.length);
      const symbols = letters(piece);
      const tokens = Int32Array.from(symbols.ids);
      const merged = neverMerge
        ? { tokens, starts: tokens.map((_, i) => i), count: tokens.length }
        : merge(tokens);
      place(piece, merged, symbols.lengths, sink);
    },
  };
}

function place(piece: string, merged: Merged, lengths: readonly number[], sink: TokenSink): void {
  const { tokens, starts, count } = merged;
  const units = unitsOfBytes(piece);
  let start = 0;
  for (let i = 0; i < count; i++) {
    const last = i + 1 < count ? starts[i + 1]! : lengths.length;
    let end = start;
    for (let k = starts[i]!; k < last; k++) end += lengths[k]!;
    if (units === undefined) sink.add(tokens[i]!, start, end);
    else sink.add(tokens[i]!, units.starts[start]!, units.ends[end - 1]!);
    start = end;
  }
}

/** For each byte of the UTF-8 where its character begins and ends in UTF-16; undefined for ASCII. */
function unitsOfBytes(text: string): { starts: number[]; ends: number[] } | undefined {
  if (/^[\0-\x7f]*$/.test(text)) return undefined;
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    for (let k = utf8Length(character); k > 0; k--) {
      starts.push(at);
      ends.push(at + character.length);
    }
    at += character.length;
  }
  return { starts, ends };
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

function createLetters(options: TextBpeOptions): (piece: string) => Symbols {
  const { ids, unkId, fuseUnk, byteFallback, continuingPrefix, endOfWordSuffix } = options;
  const bytes = byteFallback ? byteTokens(ids) : undefined;
  const utf8 = new TextEncoder();
  const spell = (text: string): number[] | undefined => {
    if (bytes === undefined) return undefined;
    const tokens: number[] = [];
    for (const byte of utf8.encode(text)) {
      const token = bytes[byte];
      if (token === undefined) return undefined;
      tokens.push(token);
    }
    return tokens;
  };
  return (piece) => {
    const symbols: Symbols = { ids: [], lengths: [] };
    let unknown = 0; // bytes of unknown letters not yet put
    const put = (id: number, length: number): void => {
      symbols.ids.push(id);
      symbols.lengths.push(length);
    };
    const flush = (): void => {
      if (unknown > 0) put(unkId!, unknown);
      unknown = 0;
    };
    let at = 0;
    for (const character of piece) {
      let letter = at === 0 ? character : continuingPrefix + character;
      at += character.length;
      if (at === piece.length) letter += endOfWordSuffix;
      const id = ids.get(letter);
      const length = utf8Length(character);
      const spelt = id === undefined ? spell(letter) : undefined;
      if (id !== undefined) {
        flush();
        put(id, length);
      }
      // Bytes come before an unknown letter that waits, as in the library.
      else if (spelt !== undefined) for (const token of spelt) put(token, 1);
      else if (unkId !== undefined) {
        if (!fuseUnk) flush();
        unknown += length;
      } else put(-1, length); // dropped below: without an unknown token, letters vanish
    }
    flush();
    return unkId === undefined ? dropUnknown(symbols) : symbols;
  };
}

/** Without unknown letters, and with their length lost too, as in the library: later offsets move to the left. */
function dropUnknown(symbols: Symbols): Symbols {
  const kept = symbols.ids.flatMap((id, i) => (id === -1 ? [] : [i]));
  return { ids: kept.map((i) => symbols.ids[i]!), lengths: kept.map((i) => symbols.lengths[i]!) };
}
