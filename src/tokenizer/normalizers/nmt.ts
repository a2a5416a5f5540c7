/** @file The rules of Google's neural translation system (SentencePiece's nmt): control characters go, except NUL; other
 *  white space, zero-width characters and U+FFFD become a space. */

import { mapCharacters } from "./mapCharacters.js";
import type { Normalizer } from "./normalizer.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it drops
const DROPPED = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/;
const SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/;
const EITHER = new RegExp(`${DROPPED.source}|${SPACES.source}`);

export const nmt: Normalizer = (text) =>
  mapCharacters(text, EITHER, (c) => (DROPPED.test(c) ? "" : SPACES.test(c) ? " " : c));
