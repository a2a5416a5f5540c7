/** @file Seeded random numbers for data: xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32; the same on every
 *  machine. The state is four integers, to be saved and restored. */

import { mix32 } from "./hash.js";

export interface Random {
  /** An integer in [0, 2³²). */
  next(): number;
  /** A number in [0, 1), 32 bits fine. */
  uniform(): number;
  /** An integer in [0, n), n ≤ 2³² (bias below n/2³²). */
  below(n: number): number;
  state(): [number, number, number, number];
}

/** A generator for `seed` (any safe integer) and, optionally, a stream of its own for each of `path`. */
export function createRandom(seed: number, ...path: readonly number[]): Random {
  let key = foldSeed(seed);
  for (const part of path) key = mix32(Math.imul(key, 0x9e3779b1) ^ foldSeed(part) ^ 0x5bd1e995);
  const words = [0, 1, 2, 3].map((i) => mix32(key + Math.imul(i + 1, 0x9e3779b9)));
  return randomFrom(words as [number, number, number, number]);
}

/** All 53 bits of a safe integer, in 32. */
export function foldSeed(seed: number): number {
  return mix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 4294967296) | 0, 0x27d4eb2f));
}

export function randomFrom(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state as [number, number, number, number];
  if ((a | b | c | d) === 0) d = 1;
  const next = () => {
    const r = Math.imul(b, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return {
    next,
    uniform: () => next() / 4294967296,
    below: (n) => Math.floor((next() / 4294967296) * n),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}

/** Shuffles in place (Fisher & Yates). */
export function shuffle(items: unknown[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** A seeded permutation of [0, size) that needs no memory: element `index` of it. A Feistel network over the next even
 *  power of two, walked until it lands inside (Black & Rogaway 2002, "Ciphers with arbitrary finite domains"). */
export function permuted(index: number, size: number, key: number): number {
  let half = 1;
  while (4 ** half < size) half++;
  const mask = 2 ** half - 1;
  let value = index;
  do {
    let left = Math.floor(value / (mask + 1));
    let right = value % (mask + 1);
    for (let round = 0; round < 6; round++) {
      const swap = left ^ (mix32(right + Math.imul(key ^ round, 0x9e3779b1)) & mask);
      left = right;
      right = swap;
    }
    value = (left >>> 0) * (mask + 1) + (right >>> 0);
  } while (value >= size);
  return value;
}
