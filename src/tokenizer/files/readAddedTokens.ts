/** @file `added_tokens` of tokenizer.json. */

import type { AddedToken } from "../tokenizer.js";
import type { Place } from "./check.js";
import { asArray, asFlag, asId, asObject, asString, inside, refuse } from "./check.js";
import type { Vocabulary } from "./vocabulary.js";

/** Reads them and puts those that are not in the vocabulary there. */
export function readAddedTokens(value: unknown, vocabulary: Vocabulary, place: Place): AddedToken[] {
  if (value === undefined || value === null) return [];
  const { tokens } = vocabulary;
  const ids = new Map(vocabulary.ids);
  return asArray(value, place).map((entry, i) => {
    const here = inside(place, i);
    const object = asObject(entry, here);
    const content = asString(object.content, inside(here, "content"));
    const id = asId(object.id, inside(here, "id"));
    const known = ids.get(content);
    if (known !== undefined && known !== id)
      refuse(
        inside(here, "id"),
        "added-token-id",
        "is not the id that the vocabulary gives this token",
        id,
        known,
        "make both the same",
      );
    if (known === undefined && tokens[id] !== undefined)
      refuse(
        inside(here, "id"),
        "added-token-id",
        "is the id of another token",
        `${id}, which ${JSON.stringify(tokens[id])} has`,
        "an id of its own",
        "give the added token a free id",
      );
    while (tokens.length < id) tokens.push(undefined);
    tokens[id] = content;
    ids.set(content, id);
    const special = asFlag(object.special, inside(here, "special"), false);
    return {
      id,
      content,
      special,
      singleWord: asFlag(object.single_word, inside(here, "single_word"), false),
      lstrip: asFlag(object.lstrip, inside(here, "lstrip"), false),
      rstrip: asFlag(object.rstrip, inside(here, "rstrip"), false),
      normalized: asFlag(object.normalized, inside(here, "normalized"), !special),
    };
  });
}
