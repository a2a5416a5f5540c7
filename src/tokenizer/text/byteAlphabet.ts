/** @file GPT-2's alphabet: each of the 256 bytes as one visible character, so that a vocabulary of byte strings can be
 *  written as text. Printable Latin-1 stands for itself; the other bytes take U+0100 and following in order (the space
 *  becomes Ġ). Radford et al. 2019, `bytes_to_unicode`. */

/** Code point of each byte. [256] */
export const BYTE_TO_CODE_POINT: readonly number[] = alphabet();

const CODE_POINT_TO_BYTE: ReadonlyMap<number, number> = new Map(BYTE_TO_CODE_POINT.map((c, b) => [c, b]));

function alphabet(): number[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, b) => {
    const visible = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b !== 0xad);
    return visible ? b : next++;
  });
}

export function bytesToToken(bytes: ArrayLike<number>): string {
  let token = "";
  for (let i = 0; i < bytes.length; i++) token += String.fromCharCode(BYTE_TO_CODE_POINT[bytes[i]!]!);
  return token;
}

/** The bytes that a token stands for, or undefined if it has a character outside the alphabet. */
export function tokenToBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CODE_POINT_TO_BYTE.get(token.charCodeAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
