/** @file GPT-2's pre-tokenizer: cut by its pattern, then every byte a letter of its alphabet. */

import { toByteLetters } from "../normalizers/byteLevel.js";
import { prepend } from "../normalizers/prepend.js";
import { characterMatches, cutAt } from "./cut.js";
import { javaScriptPattern } from "./patterns.js";
import type { PreTokenizer } from "./preTokenizer.js";

export function byteLevelPreTokenizer(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  const addSpace = prepend(" ");
  const words = javaScriptPattern("gpt2");
  return (piece) => {
    const text = addPrefixSpace && !piece.text.startsWith(" ") ? addSpace(piece) : piece;
    const pieces = useRegex ? cutAt(text, characterMatches(text.text, words), "Isolated") : [text];
    return pieces.map(toByteLetters);
  };
}
