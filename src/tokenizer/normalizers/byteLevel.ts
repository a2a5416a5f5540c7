/** @file Every byte of the UTF-8 as one character of GPT-2's alphabet; the bytes of a character share its place. */

import type { AlignedText } from "../text/aligned.js";
import { createAlignedBuilder } from "../text/alignedBuilder.js";
import { bytesToToken } from "../text/byteAlphabet.js";

const utf8 = new TextEncoder();

export function toByteLetters(text: AlignedText): AlignedText {
  // The visible part of ASCII stands for itself.
  if (!/[^!-~]/.test(text.text)) return text;
  const builder = createAlignedBuilder(text);
  let at = 0;
  for (const character of text.text) {
    builder.put(letters(character), at);
    at += character.length;
  }
  return builder.done();
}

const ASCII = Array.from({ length: 128 }, (_, byte) => bytesToToken([byte]));

function letters(character: string): string {
  return ASCII[character.codePointAt(0)!] ?? bytesToToken(utf8.encode(character));
}
