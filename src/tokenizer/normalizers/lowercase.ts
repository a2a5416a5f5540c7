/** @file Lower case, a character at a time: final Σ becomes σ, never ς, and İ becomes i and U+0307. */

import { mapCharacters } from "./mapCharacters.js";
import type { Normalizer } from "./normalizer.js";

export const lowercase: Normalizer = (text) =>
  mapCharacters(text, /[\p{Uppercase}\p{Lt}]/u, (c) => c.toLowerCase());
