/** @file SentencePiece's normaliser: user-defined symbols stay, compiled rules by the longest match, spaces at the ends and
 *  doubled ones go, a space is put in front (or behind), spaces become ▁. A character's place ends where the next begins,
 *  so that what is dropped belongs to what stands before. (google/sentencepiece, normalizer.cc.) */

import type { SentencePieceModel } from "../../files/sentencePieceProto.js";
import { longestMatch, readCharsmap } from "../../normalizers/charsmap.js";
import type { Normalizer } from "../../normalizers/normalizer.js";
import type { Trie } from "../unigram/trie.js";

export const SPACE_SIGN = "\u2581";

/** `symbols`: the user-defined ones. Undefined if the compiled rules are none. */
export function sentencePieceNormalizer(model: SentencePieceModel, symbols: Trie): Normalizer | undefined {
  const { addDummyPrefix, removeExtraWhitespaces, whitespaceAsSuffix } = model;
  const rules = model.charsmap.length === 0 ? null : readCharsmap(model.charsmap);
  if (rules === undefined) return undefined;
  const sign = model.escapeWhitespaces ? SPACE_SIGN : " ";
  const utf8 = new TextEncoder();
  /** What the text at a place becomes, and how long it is. */
  const next = (text: string, at: number): [becomes: string, length: number] => {
    let end = 0;
    symbols.prefixes(text, at, (e) => {
      end = e;
    });
    if (end > 0) return [text.slice(at, end), end - at];
    const character = String.fromCodePoint(text.codePointAt(at)!);
    if (rules === null) return [character, character.length];
    const found = longestMatch(rules, utf8.encode(text.slice(at, at + 32)));
    if (found === undefined) return [character, character.length];
    return [found.replacement, unitsOf(text, at, found.length)];
  };
  return (old) => {
    const text = old.text;
    let out = "";
    const starts: number[] = [];
    const put = (what: string, place: number): void => {
      out += what;
      for (let i = 0; i < what.length; i++) starts.push(place);
    };
    let at = 0;
    if (removeExtraWhitespaces)
      while (at < text.length) {
        const [becomes, length] = next(text, at);
        if (becomes !== " ") break;
        at += length;
      }
    if (at < text.length) {
      if (addDummyPrefix && !whitespaceAsSuffix) put(sign, at);
      let afterSpace = removeExtraWhitespaces;
      while (at < text.length) {
        let [becomes, length] = next(text, at);
        while (afterSpace && becomes.startsWith(" ")) becomes = becomes.slice(1);
        if (becomes !== "") {
          put(becomes.replaceAll(" ", sign), at);
          afterSpace = removeExtraWhitespaces && becomes.endsWith(" ");
        }
        at += length;
      }
      if (removeExtraWhitespaces)
        while (out.endsWith(sign)) {
          out = out.slice(0, -1);
          at = starts.pop()!;
        }
      if (addDummyPrefix && whitespaceAsSuffix) put(sign, at);
    }
    const ends = starts.map((_, i) => starts[i + 1] ?? at);
    return {
      text: out,
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
      from: 0,
      origin: old.origin,
    };
  };
}

/** Units of the text from `at` on that are `bytes` long in UTF-8. */
function unitsOf(text: string, at: number, bytes: number): number {
  let units = 0;
  for (let left = bytes; left > 0; ) {
    const code = text.codePointAt(at + units)!;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += code > 0xffff ? 2 : 1;
  }
  return units;
}
