/** @file A fast hash of text, 64 bits as two 32-bit halves, the same on every machine and for ever: shards, splits and
 *  duplicates depend on it. Two multiplicative lanes over UTF-16 code units, each finished with MurmurHash3's mixer
 *  (Appleby 2011). Not for secrets. */

/** MurmurHash3's 32-bit finaliser: every input bit changes every output bit with probability near one half. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 64-bit hash of a text, `[high, low]`, each in [0, 2³²). */
export function hash64(text: string): [high: number, low: number] {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(c, 0xcc9e2d51);
  }
  return [mix32(a ^ Math.imul(b, 0x1b873593)), mix32(b ^ (a >>> 7) ^ (a << 11))];
}
