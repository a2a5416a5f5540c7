/** @file The `vocab` of a model: spelling → id, checked. */

import type { JsonObject, Place } from "./check.js";
import { asId, asObject, inside, isId, refuse } from "./check.js";

export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** Spelling of each id; undefined where there is a hole. */
  readonly tokens: Array<string | undefined>;
  /** Ids far beyond all others, kept apart so that no array of that length is made. */
  readonly far: Map<number, string>;
}

const FARTHEST = 1 << 20;
/** Whatever has surrogates, in pairs or not. */
const HALF = /[\ud800-\udfff]/;

export function setToken(vocabulary: Pick<Vocabulary, "tokens" | "far">, id: number, token: string): void {
  const { tokens, far } = vocabulary;
  if (id > tokens.length + FARTHEST) {
    far.set(id, token);
    return;
  }
  while (tokens.length < id) tokens.push(undefined);
  tokens[id] = token;
}

export function tokenAt(vocabulary: Pick<Vocabulary, "tokens" | "far">, id: number): string | undefined {
  return vocabulary.tokens[id] ?? vocabulary.far.get(id);
}

export function readVocabulary(value: unknown, place: Place): Vocabulary {
  const object: JsonObject = asObject(value, place);
  const ids = new Map<string, number>();
  const vocabulary: Vocabulary = { ids, tokens: [], far: new Map() };
  for (const [token, raw] of Object.entries(object)) {
    const here = () => inside(place, JSON.stringify(token)); // only for what is refused
    const id = isId(raw) ? raw : asId(raw, here());
    const other = tokenAt(vocabulary, id);
    if (other !== undefined)
      refuse(
        here(),
        "duplicate-token-id",
        "has the id of another token",
        `${id}, which ${JSON.stringify(other)} has`,
        "an id of its own",
        "give each token one id",
      );
    if (HALF.test(token) && /\p{Cs}/u.test(token))
      refuse(
        here(),
        "malformed-tokenizer",
        "has half a character, which no text can hold",
        token,
        "whole characters",
        "get the file again from where it came",
      );
    setToken(vocabulary, id, token);
    ids.set(token, id);
  }
  return vocabulary;
}
