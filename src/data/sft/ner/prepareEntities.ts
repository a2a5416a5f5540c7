/** @file Sentences and texts with entities made ready for training: tagged, aligned to tokens, counted, and refused where the
 *  tags could not say what the data says. */

import { hash64 } from "../../hash.js";
import type { Example, SpansExample, WordsExample } from "../examples.js";
import { unknownLabel } from "../prepareLabels.js";
import { errorAt, type Place } from "../row.js";
import { createTally, type Tally } from "../tally.js";
import { labelTokens, type TokenWindow, tokenWindows, type WindowOptions } from "./align.js";
import { type Entity, lenientEntities } from "./tags.js";
import { type TaggedText, taggedText, type WordUnit } from "./words.js";

export interface PrepareEntitiesOptions extends WindowOptions {
  /** Names of the labels in order of their ids: `tagNames` of the training examples. */
  readonly labels: readonly string[];
  readonly subTokens?: "first" | "all" | undefined;
  /** For texts with spans. Default `"pieces"`. */
  readonly unit?: WordUnit | undefined;
}

export interface EntityText extends TaggedText {
  readonly windows: readonly (TokenWindow & { readonly labels: Int32Array })[];
  readonly place: Place;
}

export interface EntitySurvey {
  readonly examples: number;
  readonly words: number;
  /** Entities by type. */
  readonly entities: Readonly<Record<string, number>>;
  /** Longer than `maxLength`, in several windows; with a text that an earlier one has. */
  readonly split: Tally;
  readonly repeated: Tally;
  /** Words that have no token of their own (the one before reaches over them, or the normaliser drops them): never learned, and
   *  predicted as O. */
  readonly unseenWords: number;
}

/** `O`, and B- and I- of each type, types in order of their code units. Throws UserError `wrong-examples`. */
export function tagNames(examples: Iterable<Example>): string[] {
  const types = new Set<string>();
  for (const example of examples) for (const { type } of entitiesOf(checkedKind(example))) types.add(type);
  return ["O", ...[...types].sort().flatMap((type) => [`B-${type}`, `I-${type}`])];
}

/** Throws UserError with file and line: `label-unknown`, `span-inside-word`, `wrong-examples`. */
export function prepareEntities(
  examples: Iterable<Example>,
  options: PrepareEntitiesOptions,
): { texts: EntityText[]; survey: EntitySurvey } {
  const ids = new Map(options.labels.map((label, id) => [label, id]));
  const texts: EntityText[] = [];
  const seen = new Set<string>();
  const [split, repeated] = [createTally(), createTally()];
  const entities: Record<string, number> = {};
  let [words, unseenWords] = [0, 0];
  for (const given of examples) {
    const example = checkedKind(given);
    const { place } = example;
    const tagged = taggedText(example, options.tokenizer, options.unit ?? "pieces");
    const [inexact] = tagged.inexact;
    if (inexact !== undefined) throw insideWord(tagged.text, inexact, place, options.unit);
    const unknown = tagged.tags.find((tag) => !ids.has(tag));
    if (unknown !== undefined) throw unknownLabel(unknown, options.labels, place);
    const windows = tokenWindows(tagged.text, tagged.words, options).map((window) => ({
      ...window,
      labels: labelTokens(window, tagged.tags, ids, options.subTokens),
    }));
    const key = hash64(tagged.text).join();
    if (seen.has(key)) repeated.add(place);
    seen.add(key);
    if (windows.length > 1) split.add(place);
    for (const { type } of lenientEntities(tagged.tags)) entities[type] = (entities[type] ?? 0) + 1;
    words += tagged.words.length;
    unseenWords +=
      tagged.words.length - new Set(windows.flatMap((w) => [...w.firstOf].filter((i) => i >= 0))).size;
    texts.push({ text: tagged.text, words: tagged.words, tags: tagged.tags, windows, place });
  }
  return { texts, survey: { examples: texts.length, words, entities, split, repeated, unseenWords } };
}

function entitiesOf(example: WordsExample | SpansExample) {
  return example.kind === "words" ? lenientEntities(example.tags) : example.spans;
}

function checkedKind(example: Example): WordsExample | SpansExample {
  if (example.kind === "words" || example.kind === "spans") return example;
  throw errorAt(example.place, {
    code: "wrong-examples",
    message: "has no entities in it",
    found: example.kind,
    expected: "words with tags, or a text with spans",
    fix: "choose the task that such examples are for, or name the columns",
  });
}

function insideWord(text: string, { start, end, type }: Entity, place: Place, unit: WordUnit = "pieces") {
  return errorAt(place, {
    code: "span-inside-word",
    at: `span ${start} to ${end} (${type})`,
    message: `begins or ends inside ${unit === "pieces" ? "what the tokenizer takes for a word" : "a token"}, so tags cannot say it`,
    found: text.slice(Math.max(0, start - 10), end + 10),
    expected: JSON.stringify(text.slice(start, end)),
    fix: unit === "pieces" ? "mend the span, or tag tokens instead of words (unit: tokens)" : "mend the span",
  });
}
