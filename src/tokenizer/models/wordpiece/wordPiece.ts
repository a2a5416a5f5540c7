/** @file WordPiece: the longest token that begins the word, then the longest that goes on (with a prefix, ##), and so on;
 *  a word that cannot be spelt, or is too long, is one unknown token. (Wu et al. 2016; Devlin et al. 2018.) */

import type { Model, TokenSink } from "../model.js";

export interface WordPieceOptions {
  readonly ids: ReadonlyMap<string, number>;
  readonly unkId: number;
  readonly continuingPrefix: string;
  /** In code points. */
  readonly maxInputChars: number;
}

export function wordPiece(options: WordPieceOptions): Model {
  const { ids, unkId, continuingPrefix, maxInputChars } = options;
  let longest = 0;
  for (const token of ids.keys()) longest = Math.max(longest, token.length);
  return {
    tokenize(piece, sink) {
      const found = codePoints(piece, maxInputChars) > maxInputChars ? undefined : cut(piece);
      if (found === undefined) sink.add(unkId, 0, piece.length);
      else for (let i = 0; i < found.length; i += 2) put(sink, found, i);
    },
  };

  /** Ids and ends in turn. */
  function cut(piece: string): number[] | undefined {
    const found: number[] = [];
    let start = 0;
    while (start < piece.length) {
      let end = Math.min(piece.length, start + longest);
      let id: number | undefined;
      for (; end > start; end--) {
        if (isLow(piece, end)) continue;
        const part = piece.slice(start, end);
        id = ids.get(start === 0 ? part : continuingPrefix + part);
        if (id !== undefined) break;
      }
      if (id === undefined) return undefined;
      found.push(id, end);
      start = end;
    }
    return found;
  }
}

function put(sink: TokenSink, found: readonly number[], i: number): void {
  sink.add(found[i]!, i === 0 ? 0 : found[i - 1]!, found[i + 1]!);
}

const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

function codePoints(text: string, enough: number): number {
  if (text.length <= enough) return text.length;
  let count = 0;
  for (const _ of text) if (++count > enough) break;
  return count;
}
