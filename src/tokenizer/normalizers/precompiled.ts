/** @file SentencePiece's compiled rules as Hugging Face's library applies them: a grapheme of less than six bytes is looked
 *  up whole, by the shortest key that begins it; where that fails, and for longer ones, each of its characters. */

import type { AlignedText } from "../text/aligned.js";
import { applyChanges, type Change } from "../text/alignedBuilder.js";
import { type Charsmap, readCharsmap, shortestMatch } from "./charsmap.js";
import type { Normalizer } from "./normalizer.js";

const LONGEST_GRAPHEME = 5;

/** Undefined if the bytes are no such rules. */
export function precompiled(charsmap: Uint8Array): Normalizer | undefined {
  const rules = readCharsmap(charsmap);
  if (rules === undefined) return undefined;
  const lookUp = createLookUp(rules);
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

function createLookUp(rules: Charsmap): (key: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (key) => {
    if (known.has(key)) return known.get(key);
    const found = shortestMatch(rules, utf8.encode(key))?.replacement;
    if (known.size > 1 << 16) known.clear();
    known.set(key, found);
    return found;
  };
}
