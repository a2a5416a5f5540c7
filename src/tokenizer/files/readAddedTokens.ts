/** @file `added_tokens` of tokenizer.json. */

import type { AddedToken } from "../tokenizer.js";
import type { Place } from "./check.js";
import { asArray, asFlag, asId, asObject, asString, inside, refuse } from "./check.js";
import { setToken, tokenAt, type Vocabulary } from "./vocabulary.js";

/** Reads them and puts those that are not in the vocabulary there. A token behind the end of the vocabulary gets the next
 *  free id, as in Hugging Face's library, whatever the file says; one whose id belongs to another token is refused. */
export function readAddedTokens(value: unknown, vocabulary: Vocabulary, place: Place): AddedToken[] {
  if (value === undefined || value === null) return [];
  const ids = new Map(vocabulary.ids);
  const size = ids.size;
  let highest = -1;
  const tokens: AddedToken[] = [];
  asArray(value, place).forEach((entry, i) => {
    const here = inside(place, i);
    const object = asObject(entry, here);
    const content = asString(object.content, inside(here, "content"));
    const said = asId(object.id, inside(here, "id"));
    if (content === "") return; // it could match nothing
    const known = ids.get(content);
    if (known !== undefined && known !== said) refuseOther(inside(here, "id"), content, said, known, tokens);
    const taken = known === undefined ? tokenAt(vocabulary, said) : undefined;
    if (taken !== undefined)
      refuse(
        inside(here, "id"),
        "added-token-id",
        "is the id of another token",
        `${said}, which ${JSON.stringify(taken)} has`,
        "an id of its own",
        "give the added token a free id",
      );
    const id = known ?? (highest >= size ? highest + 1 : freeId(vocabulary, size));
    highest = Math.max(highest, id);
    setToken(vocabulary, id, content);
    ids.set(content, id);
    const special = asFlag(object.special, inside(here, "special"), false);
    tokens.push({
      id,
      content,
      special,
      singleWord: asFlag(object.single_word, inside(here, "single_word"), false),
      lstrip: asFlag(object.lstrip, inside(here, "lstrip"), false),
      rstrip: asFlag(object.rstrip, inside(here, "rstrip"), false),
      normalized: asFlag(object.normalized, inside(here, "normalized"), !special),
    });
  });
  return tokens;
}

/** In a vocabulary with holes the number of its tokens may be an id that is taken. */
function freeId(vocabulary: Vocabulary, from: number): number {
  let id = from;
  while (tokenAt(vocabulary, id) !== undefined) id++;
  return id;
}

function refuseOther(
  place: Place,
  content: string,
  said: number,
  known: number,
  before: readonly AddedToken[],
): void {
  const twice = before.some((token) => token.content === content);
  refuse(
    place,
    "added-token-id",
    twice ? "is a second id of one added token" : "is not the id that the vocabulary gives this token",
    said,
    known,
    "make both the same",
  );
}
