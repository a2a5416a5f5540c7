/** @file Dropout: y = x·m (+ residual), m = scale or 0 by dropoutMask.ts. */

import type { Backend } from "../../backend.js";
import { type MaskWords, maskWords } from "../../dropoutMask.js";
import { threefry } from "../../threefry.js";
import { f32 } from "./memory.js";

/** m of `length` elements from `first` on, a multiple of 64. */
export function maskOf(
  { key, stream, limit, scale }: MaskWords,
  first: number,
  length: number,
): Float32Array {
  const m = new Float32Array(length);
  for (let block = 0; block < length; block += 64) {
    for (let lane = 0; lane < 16; lane++) {
      const words = threefry([(first + block) / 4 + lane, stream], key);
      for (let quarter = 0; quarter < 4; quarter++) {
        const bits = (words[quarter >> 1]! >>> (16 * (quarter & 1))) & 0xffff;
        const i = block + 16 * quarter + lane;
        if (i < length) m[i] = bits < limit ? 0 : scale;
      }
    }
  }
  return m;
}

export function dropout(p: Parameters<Backend["dropout"]>[0]): void {
  const x = f32(p.x, p.length);
  const y = f32(p.y, p.length);
  const residual = p.residual && f32(p.residual, p.length);
  const m = maskOf(maskWords(p.mask), 0, p.length);
  for (let i = 0; i < y.length; i++) {
    const kept = Math.fround(x[i]! * m[i]!); // rounded once more with a residual, as the kernel does
    y[i] = residual === undefined ? kept : kept + residual[i]!;
  }
}
