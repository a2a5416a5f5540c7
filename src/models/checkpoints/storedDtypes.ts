/** @file Number formats met in checkpoint files (names as safetensors writes them) and their widening: floats of 8, 16 and
 *  32 bits to f32 exactly, the rest rounded to f32. Bytes are little-endian. */

const BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type StoredDType = keyof typeof BYTES;

export const storedDTypes = Object.keys(BYTES) as readonly StoredDType[];

export function isStoredDType(name: string): name is StoredDType {
  return Object.hasOwn(BYTES, name);
}

export function bytesPerElement(dtype: StoredDType): number {
  return BYTES[dtype];
}

/** The values as f32. `bytes` must begin at a multiple of 8 within its buffer. */
export function toFloats(dtype: StoredDType, bytes: Uint8Array): Float32Array {
  const n = bytes.length / BYTES[dtype];
  if (dtype === "F32") return new Float32Array(bytes.buffer, bytes.byteOffset, n);
  if (dtype === "BF16" || dtype === "F16")
    return widen(
      new Uint16Array(bytes.buffer, bytes.byteOffset, n),
      dtype === "BF16" ? (h) => h << 16 : halfBits,
    );
  return Float32Array.from(toNumbers(dtype, bytes));
}

/** The values as float64: exact but for integers beyond 2⁵³. */
export function toNumbers(dtype: StoredDType, bytes: Uint8Array): Float64Array {
  const n = bytes.length / BYTES[dtype];
  const { buffer, byteOffset } = bytes;
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, n);
    case "I64":
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, n), Number);
    case "U64":
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, n), Number);
    case "I32":
      return Float64Array.from(new Int32Array(buffer, byteOffset, n));
    case "U32":
      return Float64Array.from(new Uint32Array(buffer, byteOffset, n));
    case "I16":
      return Float64Array.from(new Int16Array(buffer, byteOffset, n));
    case "U16":
      return Float64Array.from(new Uint16Array(buffer, byteOffset, n));
    case "I8":
      return Float64Array.from(new Int8Array(buffer, byteOffset, n));
    case "U8":
    case "BOOL":
      return Float64Array.from(bytes);
    case "F8_E4M3":
      return Float64Array.from(bytes, float8E4M3);
    case "F8_E5M2":
      return Float64Array.from(
        widen(
          Uint16Array.from(bytes, (b) => b << 8),
          halfBits,
        ),
      );
    default:
      return Float64Array.from(toFloats(dtype, bytes));
  }
}

function widen(from: Uint16Array, bits: (half: number) => number): Float32Array {
  const to = new Uint32Array(from.length);
  for (let i = 0; i < from.length; i++) to[i] = bits(from[i]!);
  return new Float32Array(to.buffer);
}

/** IEEE half to the bits of the same float. */
function halfBits(h: number): number {
  const sign = (h & 0x8000) << 16;
  const exponent = (h >> 10) & 31;
  const fraction = h & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // to bring the leading one of a subnormal to bit 10
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** One sign, four exponent (bias 7), three fraction bits; no infinities, S.1111.111 is NaN. Micikevicius et al. 2022. */
function float8E4M3(b: number): number {
  const sign = b & 0x80 ? -1 : 1;
  const exponent = (b >> 3) & 15;
  const fraction = b & 7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}

/** f32 → bf16, nearest even; NaN stays NaN. */
export function toBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint16Array(values.length);
  for (let i = 0; i < to.length; i++) {
    const x = bits[i]!;
    to[i] = (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return to;
}
