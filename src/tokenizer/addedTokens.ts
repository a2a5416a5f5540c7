/** @file Added tokens: spellings that become one id before the text is normalised and cut. Found leftmost, and longest
 *  among those that begin together. */

import { nearest, UserError } from "../platform/errors.js";
import type { AddedToken, EncodeOptions } from "./tokenizer.js";

/** Text between added tokens is a string, an added token its id. */
export type Segment = string | number;

export type Segmenter = (text: string) => Segment[];

/** A segmenter for each choice of special tokens; made once for each. */
export function createSegmenters(
  added: readonly AddedToken[],
): (special: EncodeOptions["special"]) => Segmenter {
  const specials = new Set(added.filter((token) => token.special).map((token) => token.content));
  const plain = createSegmenter(added.filter((token) => !token.special));
  const all = createSegmenter(added);
  return (special = "none") => {
    if (special === "none") return plain;
    if (special === "all") return all;
    for (const content of special) {
      if (specials.has(content)) continue;
      const near = nearest(content, specials);
      throw new UserError({
        code: "unknown-special-token",
        message: "is not a special token of this tokenizer",
        at: "special",
        found: content,
        expected: [...specials],
        fix: near === undefined ? "name one of these" : `did you mean ${near}?`,
      });
    }
    return createSegmenter(added.filter((token) => !token.special || special.includes(token.content)));
  };
}

function createSegmenter(added: readonly AddedToken[]): Segmenter {
  const tokens = new Map(
    added.filter((token) => token.content !== "").map((token) => [token.content, token]),
  );
  if (tokens.size === 0) return (text) => [text];
  const spellings = [...tokens.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(escapeRegex).join("|"), "g");
  return (text) => {
    const segments: Segment[] = [];
    let done = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.singleWord && (endsInWord(text.slice(done, start)) || startsWithWord(text.slice(end))))
        continue;
      if (token.lstrip) while (start > done && /\p{White_Space}/u.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && /\p{White_Space}/u.test(text[end]!)) end++;
      if (start > done) segments.push(text.slice(done, start));
      segments.push(token.id);
      done = end;
      pattern.lastIndex = end;
    }
    if (done < text.length) segments.push(text.slice(done));
    return segments;
  };
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
const endsInWord = (text: string): boolean => /[\p{L}\p{M}\p{Nd}\p{Pc}]$/u.test(text.slice(-2));
const startsWithWord = (text: string): boolean => /^[\p{L}\p{M}\p{Nd}\p{Pc}]/u.test(text.slice(0, 2));
