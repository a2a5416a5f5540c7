/** @file Classes of characters that the components of a tokenizer ask for, by Unicode property. */

const tester =
  (pattern: RegExp) =>
  (character: string): boolean =>
    pattern.test(character);

/** Unicode White_Space: has U+0085, lacks U+FEFF (JavaScript's `\s` is the other way round). */
export const isWhiteSpace = tester(/^\p{White_Space}/u);
/** ASCII punctuation, symbols among it, and Unicode's P. */
export const isPunctuation = tester(/^[!-/:-@[-`{-~\p{P}]/u);
/** Digits and all other numbers: ½ ² Ⅳ. */
export const isNumeric = tester(/^\p{N}/u);
export const isMark = tester(/^\p{M}/u);
export const isNonspacingMark = tester(/^\p{Mn}/u);
/** Control, format and private use. */
export const isOther = tester(/^[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u);
