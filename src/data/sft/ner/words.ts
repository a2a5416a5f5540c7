/** @file Words as places in a text: the common ground of sentences that come in words and of texts that come with spans. */

import type { Tokenizer } from "../../../tokenizer/index.js";
import type { SpansExample, WordsExample } from "../examples.js";
import { type Entity, iob2Tags, lenientEntities } from "./tags.js";

/** In UTF-16 units. */
export type Range = readonly [start: number, end: number];

export interface TaggedText {
  readonly text: string;
  /** In order, none overlapping. */
  readonly words: readonly Range[];
  /** Of each word. */
  readonly tags: readonly string[];
}

/** Words with a space between. */
export function joinWords(words: readonly string[]): { text: string; words: Range[] } {
  let at = 0;
  const ranges = words.map((word): Range => {
    const start = at;
    at += word.length + 1;
    return [start, start + word.length];
  });
  return { text: words.join(" "), words: ranges };
}

/** What a word is in a text that comes without: a piece of the pre-tokenizer, or a token, where a script writes no spaces. */
export type WordUnit = "pieces" | "tokens";

export function wordsOf(text: string, tokenizer: Tokenizer, unit: WordUnit): Range[] {
  const { offsets, wordIds } = tokenizer.encoding(text, {
    addSpecialTokens: false,
    truncation: null,
    padding: null,
  });
  const words: Range[] = [];
  let piece: number | null | undefined; // of the last word
  offsets.forEach((range, i) => {
    const [start, end] = trimmed(text, range);
    const last = words.at(-1);
    if (start >= end) return;
    // Tokens that share a character are one word; it ends where the last of them does.
    if (last !== undefined && (start < last[1] || (unit === "pieces" && wordIds[i] === piece)))
      words[words.length - 1] = [last[0], Math.max(last[1], end)];
    else words.push([start, end]);
    piece = wordIds[i];
  });
  return words;
}

/** Without the white space at its ends. */
export function trimmed(text: string, [start, end]: Range): Range {
  let [from, to] = [start, end];
  while (from < to && /\s/u.test(text[from]!)) from++;
  while (to > from && /\s/u.test(text[to - 1]!)) to--;
  return [from, to];
}

/** Tags in IOB2 for the words that spans lie on. `inexact`: spans that begin or end inside a word, or lie on none. */
export function tagSpans(
  words: readonly Range[],
  spans: readonly Entity[],
): { tags: string[]; inexact: Entity[] } {
  const inexact: Entity[] = [];
  const entities: Entity[] = [];
  for (const span of spans) {
    const start = words.findIndex(([, end]) => end > span.start);
    const end = words.findLastIndex(([from]) => from < span.end) + 1;
    const exact =
      start >= 0 && start < end && words[start]![0] === span.start && words[end - 1]![1] === span.end;
    if (!exact) inexact.push(span);
    // A word that two spans share is the first's.
    const free = Math.max(start, entities.at(-1)?.end ?? 0);
    if (start >= 0 && free < end) entities.push({ type: span.type, start: free, end });
  }
  return { tags: iob2Tags(entities, words.length), inexact };
}

/** Spans of the text for tags of its words, whatever their scheme. */
export function spansOfTags(words: readonly Range[], tags: readonly string[]): Entity[] {
  return lenientEntities(tags).map(({ type, start, end }) => ({
    type,
    start: words[start]![0],
    end: words[end - 1]![1],
  }));
}

/** An example as tagged words, and its spans that do not lie on whole words. */
export function taggedText(
  example: WordsExample | SpansExample,
  tokenizer: Tokenizer,
  unit: WordUnit,
): TaggedText & { readonly inexact: readonly Entity[] } {
  if (example.kind === "words") return { ...joinWords(example.words), tags: example.tags, inexact: [] };
  const words = wordsOf(example.text, tokenizer, unit);
  return { text: example.text, words, ...tagSpans(words, example.spans) };
}
