/** @file Drops every mark that stands alone (Mn, Mc and Me). It does not decompose: a precomposed é stays. */

import { isMark } from "../text/characters.js";
import { mapCharacters } from "./mapCharacters.js";
import type { Normalizer } from "./normalizer.js";

export const stripAccents: Normalizer = (text) => mapCharacters(text, /\p{M}/u, (c) => (isMark(c) ? "" : c));
