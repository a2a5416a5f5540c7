/** @file Normalisers that look at one character at a time: each is kept, dropped, or takes another form. */

import type { AlignedText } from "../text/aligned.js";
import { createAlignedBuilder } from "../text/alignedBuilder.js";

/** `map` gives what a character becomes: itself, another text (all of it in the character's place), or "". `candidates`
 *  matches every character that `map` may change, so that a text without any costs one search. */
export function mapCharacters(
  text: AlignedText,
  candidates: RegExp,
  map: (character: string) => string,
): AlignedText {
  if (!candidates.test(text.text)) return text;
  const builder = createAlignedBuilder(text);
  let kept = 0;
  let at = 0;
  for (const character of text.text) {
    const mapped = map(character);
    if (mapped !== character) {
      builder.keep(kept, at);
      builder.put(mapped, at);
      kept = at + character.length;
    }
    at += character.length;
  }
  builder.keep(kept, at);
  return builder.done();
}
