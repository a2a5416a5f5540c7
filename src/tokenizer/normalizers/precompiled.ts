/** @file SentencePiece's compiled rules (`precompiled_charsmap`): a double-array trie over UTF-8 followed by the
 *  replacements, each ended by NUL. A grapheme of less than six bytes is looked up whole, by the shortest key that begins
 *  it; where that fails, and for longer ones, each of its characters. (google/sentencepiece, normalizer.cc and darts.h.) */

import type { AlignedText } from "../text/aligned.js";
import { applyChanges, type Change } from "../text/alignedBuilder.js";
import type { Normalizer } from "./normalizer.js";

const LONGEST_GRAPHEME = 5;

/** Undefined if the bytes are no such rules: the length of the trie runs past the end. */
export function precompiled(charsmap: Uint8Array): Normalizer | undefined {
  if (charsmap.length < 4) return undefined;
  const view = new DataView(charsmap.buffer, charsmap.byteOffset, charsmap.byteLength);
  const size = view.getUint32(0, true);
  if (size % 4 !== 0 || size === 0 || 4 + size > charsmap.length) return undefined;
  const units = Int32Array.from({ length: size / 4 }, (_, i) => view.getInt32(4 + i * 4, true));
  const lookUp = createLookUp(units, charsmap.subarray(4 + size));
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  return (text) => {
    const changes: Change[] = [];
    let changed = false;
    const put = (part: string): boolean => {
      const replacement = lookUp(part);
      if (replacement === undefined) return false;
      changed = true;
      pushReplacement(changes, part, replacement);
      return true;
    };
    for (const grapheme of segments(text, graphemes)) {
      if (utf8Length(grapheme) <= LONGEST_GRAPHEME && put(grapheme)) continue;
      for (const character of grapheme) if (!put(character)) changes.push([character, 0]);
    }
    return changed ? applyChanges(text, changes) : text;
  };
}

function* segments(text: AlignedText, graphemes: Intl.Segmenter): Iterable<string> {
  for (const { segment } of graphemes.segment(text.text)) yield segment;
}

function pushReplacement(changes: Change[], old: string, replacement: string): void {
  const characters = [...replacement];
  const added = characters.length - [...old].length;
  characters.forEach((c, i) => {
    changes.push([c, i >= characters.length - added ? 1 : 0]);
  });
  const last = changes.at(-1);
  if (added < 0 && last !== undefined) changes[changes.length - 1] = [last[0], last[1] + added];
}

const utf8 = new TextEncoder();
const utf8Length = (text: string): number => (text.length > 5 ? text.length : utf8.encode(text).length);

function createLookUp(units: Int32Array, replacements: Uint8Array): (key: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const find = (key: string): string | undefined => {
    const at = shortestMatch(units, utf8.encode(key));
    if (at < 0 || at >= replacements.length) return undefined;
    const end = replacements.indexOf(0, at);
    return decoder.decode(replacements.subarray(at, end < 0 ? undefined : end));
  };
  return (key) => {
    if (known.has(key)) return known.get(key);
    const found = find(key);
    if (known.size > 1 << 16) known.clear();
    known.set(key, found);
    return found;
  };
}

/** Value of the shortest key that begins `key`, or -1. A unit: bit 8 says that a key ends below it, bits 0 to 7 and 31
 *  are its label, the others where its children lie. */
function shortestMatch(units: Int32Array, key: Uint8Array): number {
  const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let node = offset(units[0]!);
  for (const byte of key) {
    if (byte === 0) return -1;
    node ^= byte;
    const unit = units[node];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return -1;
    node ^= offset(unit);
    if ((unit & 0x100) !== 0) return (units[node] ?? -1) & 0x7fffffff;
  }
  return -1;
}
