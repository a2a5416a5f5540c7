/** @file The size of a text as bits per byte and per character count it: UTF-8 bytes and Unicode code points. */

export interface TextSize {
  /** UTF-8 bytes. */
  bytes: number;
  /** Code points. */
  characters: number;
}

/** Size of a well-formed text. */
export function textSize(text: string): TextSize {
  let bytes = text.length;
  let characters = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) continue;
    bytes++;
    if (c < 0x800) continue;
    // Three bytes; a surrogate pair is four bytes in two units, so two a unit, and one character.
    if (c >= 0xd800 && c < 0xe000) {
      if (c < 0xdc00) characters--;
    } else bytes++;
  }
  return { bytes, characters };
}
