/** @file Numbers → four bits each (Dettmers et al. 2023): within every block of numbers that follow one another, x / max|x| is given
 *  the nearest of sixteen values. With double quantisation the blocks' scales max|x| are held in a byte each: their mean is taken
 *  away, and the rest, in blocks of 256, is given the nearest of 256 values likewise. As bitsandbytes has it, to the bit. */

import { CODEBOOKS, dynamicMap, type FourBitType } from "./codebooks.js";

export interface FourBitOptions {
  /** Default nf4. */
  readonly type?: FourBitType;
  /** Numbers that share a scale, a multiple of 16; default 64. */
  readonly block?: number;
  /** Quantise scales too; default true. */
  readonly double?: boolean;
}

/** Blocks of scales that share one. */
export const NESTED_BLOCK = 256;

export interface FourBitNumbers {
  readonly type: FourBitType;
  readonly block: number;
  readonly length: number;
  /** Two codes a byte, the first in the high half. */
  readonly codes: Uint8Array;
  readonly scales: Float32Array | NestedScales;
}

/** scale = map[code]·scales[⌊block / 256⌋] + offset */
export interface NestedScales {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly offset: number;
}

export function quantise4(values: Float32Array, options: FourBitOptions = {}): FourBitNumbers {
  const { type = "nf4", block = 64, double = true } = options;
  if (!Number.isInteger(block) || block <= 0 || block % 16 !== 0)
    throw new Error(`blocks of ${block}: a multiple of 16`);
  const { length } = values;
  const nearest = nearestIn(CODEBOOKS[type]);
  const scales = blockScales(values, block);
  const codes = new Uint8Array(Math.ceil(length / 2));
  for (let b = 0; b < scales.length; b++) {
    const factor = scales[b] === 0 ? 0 : Math.fround(1 / scales[b]!);
    const end = Math.min(length, (b + 1) * block);
    for (let i = b * block; i < end; i++) {
      const code = nearest(Math.fround(values[i]! * factor));
      codes[i >> 1]! |= i % 2 === 0 ? code << 4 : code;
    }
  }
  if (length % 2 === 1) codes[length >> 1]! |= nearest(0); // as if a zero followed
  return { type, block, length, codes, scales: double ? nested(scales) : scales };
}

/** The largest size in each block. */
function blockScales(values: Float32Array, block: number): Float32Array {
  const scales = new Float32Array(Math.ceil(values.length / block));
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    const b = Math.floor(i / block);
    if (size > scales[b]!) scales[b] = size;
  }
  return scales;
}

function nested(scales: Float32Array): NestedScales {
  const offset = Math.fround(scales.reduce((sum, s) => sum + s, 0) / (scales.length || 1));
  const rest = scales.map((s) => s - offset);
  const outer = blockScales(rest, NESTED_BLOCK);
  const nearest = nearestIn(dynamicMap());
  const codes = Uint8Array.from(rest, (x, i) => {
    const scale = outer[Math.floor(i / NESTED_BLOCK)]!;
    return nearest(scale === 0 ? 0 : Math.fround(x / scale));
  });
  return { codes, scales: outer, offset };
}

/** The index of the nearest of a table's values. */
function nearestIn(table: Float32Array): (x: number) => number {
  const order = [...table.keys()].sort((i, j) => table[i]! - table[j]! || i - j);
  const bounds = Float64Array.from(order.slice(1), (index, i) => (table[order[i]!]! + table[index]!) / 2);
  return (x) => {
    let [low, high] = [0, bounds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x > bounds[middle]!) low = middle + 1;
      else high = middle;
    }
    return order[low]!;
  };
}
