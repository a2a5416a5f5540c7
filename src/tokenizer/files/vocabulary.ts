/** @file The `vocab` of a model: spelling → id, checked. */

import type { JsonObject, Place } from "./check.js";
import { asId, asObject, inside, refuse } from "./check.js";

export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** Spelling of each id; undefined where there is a hole. */
  readonly tokens: Array<string | undefined>;
}

export function readVocabulary(value: unknown, place: Place): Vocabulary {
  const object: JsonObject = asObject(value, place);
  const ids = new Map<string, number>();
  const tokens: Array<string | undefined> = [];
  for (const [token, raw] of Object.entries(object)) {
    const id = asId(raw, inside(place, JSON.stringify(token)));
    const other = tokens[id];
    if (other !== undefined)
      refuse(
        inside(place, JSON.stringify(token)),
        "duplicate-token-id",
        "has the id of another token",
        `${id}, which ${JSON.stringify(other)} has`,
        "an id of its own",
        "give each token one id",
      );
    while (tokens.length < id) tokens.push(undefined);
    tokens[id] = token;
    ids.set(token, id);
  }
  return { ids, tokens };
}
