/** @file SentencePiece's spaces: each becomes a visible sign (▁), one may be put in front, and pieces begin with it. */

import { prepend } from "../normalizers/prepend.js";
import { replace } from "../normalizers/replace.js";
import { stringPattern } from "../regex/pattern.js";
import { cutAt } from "./cut.js";
import type { PreTokenizer } from "./preTokenizer.js";

export const PREPEND_SCHEMES = ["first", "never", "always"] as const;
export type PrependScheme = (typeof PREPEND_SCHEMES)[number];

/** `scheme`: the sign is put in front of every section of text between added tokens, of the first alone, or of none. */
export function metaspace(replacement: string, scheme: PrependScheme, splits: boolean): PreTokenizer {
  const spaces = replace(stringPattern(" "), replacement);
  const sign = stringPattern(replacement);
  const addSign = prepend(replacement);
  return (piece) => {
    let text = spaces(piece);
    const wanted = scheme === "always" || (scheme === "first" && piece.origin === 0);
    if (wanted && !text.text.startsWith(replacement)) text = addSign(text);
    return splits ? cutAt(text, sign.matches(text.text), "MergedWithNext") : [text];
  };
}
