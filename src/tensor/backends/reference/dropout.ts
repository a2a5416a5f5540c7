/** @file Dropout: y = x·m (+ residual), m = scale or 0 by dropoutMask.ts. */

import type { Backend } from "../../backend.js";
import { maskWords } from "../../dropoutMask.js";
import { threefry } from "../../threefry.js";
import { f32 } from "./memory.js";

export function dropout(p: Parameters<Backend["dropout"]>[0]): void {
  const x = f32(p.x, p.length);
  const y = f32(p.y, p.length);
  const residual = p.residual && f32(p.residual, p.length);
  const { key, stream, limit, scale } = maskWords(p.mask);
  for (let block = 0; block < p.length; block += 64) {
    for (let lane = 0; lane < 16; lane++) {
      const words = threefry([block / 4 + lane, stream], key);
      for (let quarter = 0; quarter < 4; quarter++) {
        const i = block + 16 * quarter + lane;
        if (i >= p.length) break;
        const bits = (words[quarter >> 1]! >>> (16 * (quarter & 1))) & 0xffff;
        const kept = Math.fround(x[i]! * (bits < limit ? 0 : scale)); // rounded once more with a residual, as the kernel does
        y[i] = residual === undefined ? kept : kept + residual[i]!;
      }
    }
  }
}
