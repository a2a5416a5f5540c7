/** @file BERT's normaliser: drops what cannot be seen, puts spaces round Chinese characters, takes accents off, makes
 *  lower case; each part can be left out. (Devlin et al. 2018, tokenization.py.) */

import { isNonspacingMark, isOther, isWhiteSpace } from "../text/characters.js";
import { lowercase } from "./lowercase.js";
import { mapCharacters } from "./mapCharacters.js";
import type { Normalizer } from "./normalizer.js";
import { unicodeForm } from "./unicodeForm.js";

export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  /** null: as `lowercase`. */
  readonly stripAccents: boolean | null;
  readonly lowercase: boolean;
}

export function bertNormalizer(options: BertNormalizerOptions): Normalizer {
  const steps: Normalizer[] = [];
  if (options.cleanText) steps.push(cleanText);
  if (options.handleChineseChars) steps.push(spaceChinese);
  if (options.stripAccents ?? options.lowercase) steps.push(decompose, dropNonspacingMarks);
  if (options.lowercase) steps.push(lowercase);
  return (text) => steps.reduce((so, step) => step(so), text);
}

const decompose = unicodeForm("NFD");

const dropNonspacingMarks: Normalizer = (text) =>
  mapCharacters(text, /\p{Mn}/u, (c) => (isNonspacingMark(c) ? "" : c));

const cleanText: Normalizer = (text) =>
  mapCharacters(text, /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd\p{White_Space}]/u, (c) => {
    if (c === "\t" || c === "\n" || c === "\r") return " ";
    if (c === "\ufffd" || isOther(c)) return "";
    return isWhiteSpace(c) ? " " : c;
  });

// The last range but two begins where the library has it begin.
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/u;

const spaceChinese: Normalizer = (text) =>
  mapCharacters(text, CHINESE, (c) => (CHINESE.test(c) ? ` ${c} ` : c));
