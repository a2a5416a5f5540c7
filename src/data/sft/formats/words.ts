/** @file Sentences of words with tags, from CoNLL's columns or JSON; in whatever scheme, they come out in IOB2. */

import { iob2Tags, lenientEntities } from "../ner/tags.js";
import { errorAt, type Place } from "../row.js";
import { type Format, invalid } from "./format.js";

export const wordsFormat: Format = {
  name: "words",
  required: { words: ["words", "tokens"], tags: ["tags", "ner_tags", "labels", "ner"] },
  fits: ({ words, tags }) => Array.isArray(words) && Array.isArray(tags),
  read({ words, tags }, place, { tagNames }) {
    const texts = listOf(words, "words", place, (word) => (typeof word === "string" ? word : undefined));
    const names = listOf(tags, "tags", place, (tag) =>
      typeof tag === "number" ? tagNames?.[tag] : typeof tag === "string" ? tag : undefined,
    );
    if (texts.length !== names.length)
      throw errorAt(place, {
        code: "row-invalid",
        at: "tags",
        message: "are not as many as the words",
        found: names.length,
        expected: texts.length,
      });
    const empty = texts.findIndex((word) => word.trim() === "");
    if (empty >= 0) throw invalid(place, `words[${empty}]`, texts[empty], "a word with something in it");
    if (texts.length === 0) return undefined;
    return { kind: "words", words: texts, tags: iob2Of(names, place), place };
  },
};

function listOf(
  value: unknown,
  at: string,
  place: Place,
  of: (item: unknown) => string | undefined,
): string[] {
  if (!Array.isArray(value)) throw invalid(place, at, value, "a list");
  return value.map((item: unknown, i) => {
    const text = of(item);
    if (text === undefined)
      throw invalid(
        place,
        `${at}[${i}]`,
        item,
        typeof item === "number" ? "a tag's name, or a number that tagNames has a name for" : "a text",
      );
    return text;
  });
}

function iob2Of(tags: readonly string[], place: Place): string[] {
  try {
    return iob2Tags(lenientEntities(tags), tags.length);
  } catch (cause) {
    throw errorAt(place, {
      code: "tag-invalid",
      message: (cause as Error).message,
      cause,
    });
  }
}
