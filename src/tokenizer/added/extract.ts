/** @file A text cut into added tokens and what lies between, which is normalised. Tokens that want the raw text are looked
 *  for first; the others, by their normalised spelling, in what is left and normalised. */

import { nearest, UserError } from "../../platform/errors.js";
import type { Normalizer } from "../normalizers/normalizer.js";
import { type AlignedText, alignedText, sliceAligned, startAt } from "../text/aligned.js";
import type { AddedToken, EncodeOptions } from "../tokenizer.js";
import { createMatcher, type Matcher } from "./matcher.js";

/** Normalised text, or an added token with what it matched. */
export interface Extracted {
  /** -1: text. */
  readonly id: number;
  readonly text: AlignedText;
}

/** `blocked`: places in the text where no added token may begin. */
export interface Extractor {
  (text: string, blocked?: ReadonlySet<number>): Extracted[];
  /** It gives any text back as it is. */
  readonly trivial: boolean;
}

/** An extractor for each choice of special tokens; made once for each of the usual ones. */
export function createExtractors(
  added: readonly AddedToken[],
  normalizer: Normalizer | undefined,
): (special: EncodeOptions["special"]) => Extractor {
  const make = (tokens: readonly AddedToken[]) => createExtractor(tokens, normalizer);
  const plain = make(added.filter((token) => !token.special));
  let all: Extractor | undefined;
  return (special = "none") => {
    if (special === "none") return plain;
    if (special === "all") {
      all ??= make(added);
      return all;
    }
    checkSpellings(special, added);
    return make(added.filter((token) => !token.special || special.includes(token.content)));
  };
}

function checkSpellings(special: readonly string[], added: readonly AddedToken[]): void {
  const specials = new Set(added.filter((token) => token.special).map((token) => token.content));
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
}

function createExtractor(added: readonly AddedToken[], normalizer: Normalizer | undefined): Extractor {
  const ordered = [...added.filter((t) => t.special), ...added.filter((t) => !t.special)];
  const raw = createMatcher(
    ordered.filter((t) => !t.normalized).map((token) => ({ token, spelling: token.content })),
  );
  const normal = createMatcher(
    ordered
      .filter((t) => t.normalized)
      .map((token) => ({ token, spelling: normalizedSpelling(token.content, normalizer) })),
  );
  const extract = (text: string, blocked?: ReadonlySet<number>): Extracted[] => {
    const extracted: Extracted[] = [];
    for (const section of sectionsOf(alignedText(text), raw, blocked)) {
      if (section.id >= 0) extracted.push(section);
      else {
        const normalized = normalizer === undefined ? section.text : normalizer(section.text);
        if (normalized.text !== "") extracted.push(...sectionsOf(normalized, normal, blocked));
      }
    }
    return extracted;
  };
  return Object.assign(extract, { trivial: added.length === 0 && normalizer === undefined });
}

function sectionsOf(text: AlignedText, matcher: Matcher, blocked?: ReadonlySet<number>): Extracted[] {
  const isBlocked = blocked?.size ? (at: number) => blocked.has(startAt(text, at)) : undefined;
  return matcher(text.text, isBlocked)
    .filter(([, start, end]) => start < end)
    .map(([id, start, end]) => ({ id, text: sliceAligned(text, start, end) }));
}

/** What stands for an added token once text is normalised. */
export function normalizedSpelling(content: string, normalizer: Normalizer | undefined): string {
  return normalizer === undefined ? content : normalizer(alignedText(content)).text;
}
