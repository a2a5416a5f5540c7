/** @file bfloat16: the upper half of a float32 (8 bits of exponent, 8 of precision with the hidden one). Rounding is to
 *  nearest, ties to even, as processors do it (Intel, "BFLOAT16 – hardware numerics definition", 2018), except that
 *  subnormal numbers are kept. A NaN stays a NaN: it is made quiet, so that rounding cannot carry it into infinity. */

/** Bits of a float32 → bits of the nearest bfloat16 (0 to 65535). */
export function bf16FromBits(bits: number): number {
  const u = bits >>> 0;
  if ((u & 0x7fffffff) > 0x7f800000) return (u >>> 16) | 0x40;
  return ((u + 0x7fff + ((u >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Rounds every element of `x` to bfloat16 and writes it to `y` as a float32; `y` may be `x`. */
export function roundToBf16(x: Float32Array, y: Float32Array = x): Float32Array {
  const from = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const to = new Uint32Array(y.buffer, y.byteOffset, x.length);
  for (let i = 0; i < from.length; i++) to[i] = bf16FromBits(from[i]!) << 16;
  return y;
}

/** Float32 → bfloat16 bits. */
export function toBf16(x: Float32Array): Uint16Array {
  const from = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const y = new Uint16Array(x.length);
  for (let i = 0; i < y.length; i++) y[i] = bf16FromBits(from[i]!);
  return y;
}

/** Bfloat16 bits → float32 (exact). */
export function fromBf16(x: Uint16Array): Float32Array {
  const y = new Float32Array(x.length);
  const to = new Uint32Array(y.buffer);
  for (let i = 0; i < x.length; i++) to[i] = x[i]! << 16;
  return y;
}
