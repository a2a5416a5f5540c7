/** @file The number formats of GGUF that are read and written here: F32, F16, BF16, and Q8_0, where 32 numbers share a scale.
 *    Q8_0   d = max|x| / 127 in f32, kept as f16;  q = round(x · (1/d)), half away from zero;  x ≈ d · q
 *  The codes come from the scale before it was rounded. (ggml-org/ggml, ggml-quants.c.) */

import { GGUF_TENSOR_TYPES } from "../../platform/gguf/types.js";
import { toBf16, toFloats } from "../checkpoints/storedDtypes.js";

export const READABLE_GGUF = ["F32", "F16", "BF16", "Q8_0"] as const;
export type ReadableGguf = (typeof READABLE_GGUF)[number];

export function isReadableGguf(type: string): type is ReadableGguf {
  return (READABLE_GGUF as readonly string[]).includes(type);
}

const [, BLOCK, BLOCK_BYTES] = GGUF_TENSOR_TYPES.Q8_0;

/** Whole blocks → f32. `bytes` must begin at a multiple of 4 within its buffer. */
export function decodeGguf(type: ReadableGguf, bytes: Uint8Array): Float32Array {
  if (type !== "Q8_0") return toFloats(type, bytes);
  const blocks = bytes.length / BLOCK_BYTES;
  const halves = new Uint16Array(blocks);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let b = 0; b < blocks; b++) halves[b] = view.getUint16(b * BLOCK_BYTES, true);
  const scales = toFloats("F16", new Uint8Array(halves.buffer));
  const to = new Float32Array(blocks * BLOCK);
  for (let b = 0; b < blocks; b++)
    for (let i = 0; i < BLOCK; i++) to[b * BLOCK + i] = scales[b]! * view.getInt8(b * BLOCK_BYTES + 2 + i);
  return to;
}

/** f32 → bytes; Q8_0 needs whole blocks. */
export function encodeGguf(type: ReadableGguf, values: Float32Array): Uint8Array {
  if (type === "Q8_0") return encodeQ8(values);
  const stored = type === "F32" ? values : type === "BF16" ? toBf16(values) : toF16(values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function encodeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / BLOCK;
  const scales = new Float32Array(blocks);
  for (let i = 0; i < values.length; i++) {
    const b = Math.floor(i / BLOCK);
    scales[b] = Math.max(scales[b]!, Math.abs(values[i]!));
  }
  for (let b = 0; b < blocks; b++) scales[b] = scales[b]! / 127;
  const halves = toF16(scales);
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let b = 0; b < blocks; b++) {
    const inverse = scales[b] === 0 ? 0 : Math.fround(1 / scales[b]!);
    view.setUint16(b * BLOCK_BYTES, halves[b]!, true);
    for (let i = 0; i < BLOCK; i++) {
      const x = Math.fround(values[b * BLOCK + i]! * inverse);
      const code = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
      view.setInt8(b * BLOCK_BYTES + 2 + i, Number.isFinite(code) ? code : 0);
    }
  }
  return bytes;
}

/** f32 → IEEE half, nearest even; beyond its range infinity, NaN stays NaN. */
export function toF16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint16Array(values.length);
  for (let i = 0; i < to.length; i++) to[i] = halfOf(bits[i]!);
  return to;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00; // 65520 and beyond round to infinity
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  if (size < 0x33000000) return sign; // below half the least subnormal
  // Subnormal: the significand with its leading one, shifted to units of 2^-24.
  const shift = 126 - (size >>> 23);
  const significand = (size & 0x7fffff) | 0x800000;
  const floor = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (floor + (rest > half || (rest === half && (floor & 1) === 1) ? 1 : 0));
}
