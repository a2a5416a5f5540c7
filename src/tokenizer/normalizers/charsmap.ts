/** @file SentencePiece's compiled rules, `precompiled_charsmap`: the length of a double-array trie over UTF-8, the trie,
 *  and the replacements, each ended by NUL. (google/sentencepiece, normalizer.cc and darts.h.) */

export interface Charsmap {
  readonly units: Int32Array;
  readonly replacements: Uint8Array;
}

/** Undefined if the bytes are no such rules: the length of the trie runs past the end. */
export function readCharsmap(bytes: Uint8Array): Charsmap | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(0, true);
  if (size % 4 !== 0 || size === 0 || 4 + size > bytes.length) return undefined;
  const units = Int32Array.from({ length: size / 4 }, (_, i) => view.getInt32(4 + i * 4, true));
  return { units, replacements: bytes.subarray(4 + size) };
}

export interface Match {
  readonly replacement: string;
  /** Of the key, in bytes. */
  readonly length: number;
}

export const shortestMatch = (rules: Charsmap, key: Uint8Array): Match | undefined => match(rules, key, true);
export const longestMatch = (rules: Charsmap, key: Uint8Array): Match | undefined => match(rules, key, false);

/** A unit: bit 8 says that a key ends below it, bits 0 to 7 and 31 are its label, the others where its children lie. */
function match({ units, replacements }: Charsmap, key: Uint8Array, first: boolean): Match | undefined {
  const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let node = offset(units[0]!);
  let value = -1;
  let length = 0;
  for (let i = 0; i < key.length && key[i] !== 0; i++) {
    node ^= key[i]!;
    const unit = units[node];
    if (unit === undefined || (unit & 0x800000ff) !== key[i]) break;
    node ^= offset(unit);
    if ((unit & 0x100) === 0) continue;
    value = (units[node] ?? -1) & 0x7fffffff;
    length = i + 1;
    if (first) break;
  }
  if (value < 0 || value >= replacements.length) return undefined;
  const end = replacements.indexOf(0, value);
  const bytes = replacements.subarray(value, end < 0 ? undefined : end);
  return { replacement: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), length };
}
