/** @file Numbers held in four bits, written out: table[code]·scale. */

import type { Backend, Operand } from "../../backend.js";
import { f32, i32 } from "./memory.js";

export function dequantize4(p: Parameters<Backend["dequantize4"]>[0]): void {
  const { length, block } = p;
  const codes = bytes(p.codes, Math.ceil(length / 2));
  const table = f32(p.table, 16);
  const y = f32(p.y, length);
  const scale = scalesOf(p, Math.ceil(length / block));
  for (let i = 0; i < length; i++) {
    const byte = codes[i >> 1]!;
    y[i] = table[i % 2 === 0 ? byte >> 4 : byte & 15]! * scale(Math.floor(i / block));
  }
}

function scalesOf(p: Parameters<Backend["dequantize4"]>[0], blocks: number): (block: number) => number {
  const { nested } = p;
  if (nested === undefined) {
    const scales = f32(p.scales, blocks);
    return (block) => scales[block]!;
  }
  const scales = bytes(p.scales, blocks);
  const map = f32(nested.map, 256);
  const outer = f32(nested.scales, Math.ceil(blocks / nested.block));
  const offset = Math.fround(nested.offset);
  return (block) =>
    Math.fround(Math.fround(map[scales[block]!]! * outer[Math.floor(block / nested.block)]!) + offset);
}

/** The bytes of integers, in the order of memory. */
function bytes(x: Operand, length: number): Uint8Array {
  const integers = i32(x, Math.ceil(length / 4));
  return new Uint8Array(integers.buffer, integers.byteOffset, length);
}
