/** @file Seeded random numbers for tensors: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as
 *  easy as 1, 2, 3", SC 2011). It is a function of a key (the seed) and a counter (stream and position), so a stream
 *  of one's own for each parameter or purpose, `random.stream("wte.weight")`, gives the same numbers in whatever order
 *  and at whatever time they are drawn; state is three numbers and saves as JSON.
 *
 *  Same bits on every machine and engine: only integer operations and + − × ÷ √ of float64 are used, which IEEE 754
 *  fixes. (Math.log and Math.cos are not: V8 changed its sine and cosine between versions.)
 *
 *  Normal numbers by Box & Muller 1958: √(−2 ln u)·(cos 2πv, sin 2πv), u and v of 32 bits, so none lies further out
 *  than 6.8 standard deviations. */

export interface RandomState {
  readonly seed: number;
  /** Two words of 32 bits. */
  readonly stream: readonly [number, number];
  /** Words of 32 bits drawn so far. */
  readonly position: number;
}

export interface Random {
  /** An independent generator, at its beginning, that depends on the seed, this stream and `name` alone. */
  stream(name: string): Random;
  /** 32 random bits, as a number from 0 to 2³² − 1. */
  word(): number;
  /** From [0, 1), 53 bits. */
  uniform(): number;
  /** One of 0 … n−1, all equally likely; n from 1 to 2³². */
  integer(n: number): number;
  normal(): number;
  /** From [low, high) in steps of (high − low)/2²⁴; rounding to float32 may give `high` itself. Returns `into`. */
  fillUniform(into: Float32Array, low?: number, high?: number): Float32Array;
  fillNormal(into: Float32Array, mean?: number, std?: number): Float32Array;
  /** 0 … n−1 in random order (Fisher & Yates; Durstenfeld 1964). */
  permutation(n: number): Int32Array;
  state(): RandomState;
}

/** `seed`: an integer from 0 to 2⁵³ − 1. */
export function createRandom(seed: number): Random {
  return restoreRandom({ seed, stream: [0, 0], position: 0 });
}

/** Goes on exactly where `state()` was taken. */
export function restoreRandom(state: RandomState): Random {
  const { seed, stream } = state;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`a seed is an integer from 0 to 2^53 - 1, not ${seed}`);
  }
  if (!Number.isSafeInteger(state.position) || state.position < 0) {
    throw new RangeError(`a position is an integer from 0 on, not ${state.position}`);
  }
  const key0 = seed >>> 0;
  const key1 = Math.floor(seed / TWO_32);
  const block = new Uint32Array(4);
  const pair = new Float64Array(2);
  let blockAt = -1;
  let position = state.position;
  const word = (): number => {
    const at = Math.floor(position / 4);
    if (at !== blockAt) philox(at >>> 0, Math.floor(at / TWO_32), stream[0], stream[1], key0, key1, block);
    blockAt = at;
    return block[position++ % 4]!;
  };
  const integer = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= TWO_32))
      throw new RangeError(`integer(${n}): from 1 to 2^32`);
    const limit = TWO_32 - (TWO_32 % n);
    let x = word();
    while (x >= limit) x = word();
    return x % n;
  };
  return {
    stream: (name) => restoreRandom({ seed, stream: derive(stream, name), position: 0 }),
    word,
    uniform: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) * 2 ** -53,
    integer,
    normal() {
      const r = radius(word());
      cosineSine(word(), pair);
      return r * pair[0]!;
    },
    fillUniform(into, low = 0, high = 1) {
      for (let i = 0; i < into.length; i++) into[i] = low + (high - low) * (word() >>> 8) * 2 ** -24;
      return into;
    },
    fillNormal(into, mean = 0, std = 1) {
      for (let i = 0; i < into.length; i += 2) {
        const r = std * radius(word());
        cosineSine(word(), pair);
        into[i] = mean + r * pair[0]!;
        if (i + 1 < into.length) into[i + 1] = mean + r * pair[1]!;
      }
      return into;
    },
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    state: () => ({ seed, stream, position }),
  };
}

const TWO_32 = 2 ** 32;

/** Upper 32 bits of a product of two unsigned numbers of 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  return (Math.imul(a1, b1) + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/** Ten rounds of figure 2 of the paper; multipliers and Weyl increments of its table 2. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
) {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** A stream's two words from its parent's and a name: the name's characters mixed in by FNV-1a, then once through
 *  Philox, so that similar names give unrelated streams. */
function derive(parent: readonly [number, number], name: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + i), 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
  }
  const out = new Uint32Array(4);
  philox(a >>> 0, b >>> 0, name.length, 1, parent[0], parent[1], out);
  return [out[0]!, out[1]!];
}

/** √(−2 ln u), u = (word + ½)/2³². ln by m·2^e, m in [1, 2), and 2·artanh((m − c)/(m + c)) around c = √2. */
function radius(word: number): number {
  const shift = Math.clz32(word); // 32 for 0
  const m = ((word + 0.5) * (shift === 32 ? TWO_32 : (1 << shift) >>> 0)) / 2 ** 31;
  const s = (m - Math.SQRT2) / (m + Math.SQRT2);
  const z = s * s;
  let series = z * (z * (z * (z * (1 / 21) + 1 / 19) + 1 / 17) + 1 / 15) + 1 / 13;
  series = z * (z * (z * (z * (z * (z * series + 1 / 11) + 1 / 9) + 1 / 7) + 1 / 5) + 1 / 3) + 1;
  const log = 2 * s * series + (-0.5 - shift) * Math.LN2;
  return Math.sqrt(Math.max(0, -2 * log));
}

/** Cosine and sine of 2π·word/2³², into `out`: Taylor series within an eighth of the circle, then the symmetries. */
function cosineSine(word: number, out: Float64Array): void {
  const octant = word >>> 29;
  const part = (word & 0x1fffffff) / 2 ** 29; // of an eighth, [0, 1)
  const x = (Math.PI / 4) * ((octant & 1) === 0 ? part : 1 - part);
  const z = x * x;
  let c = z * (z * (z * (1 / 20922789888000) - 1 / 87178291200) + 1 / 479001600) - 1 / 3628800;
  c = z * (z * (z * (z * (z * c + 1 / 40320) - 1 / 720) + 1 / 24) - 1 / 2) + 1;
  let s = z * (z * (z * (1 / 355687428096000) - 1 / 1307674368000) + 1 / 6227020800) - 1 / 39916800;
  s = x * (z * (z * (z * (z * (z * s + 1 / 362880) - 1 / 5040) + 1 / 120) - 1 / 6) + 1);
  const swapped = ((octant + 1) & 2) !== 0; // octants 1, 2, 5, 6
  const cosine = swapped ? s : c;
  const sine = swapped ? c : s;
  out[0] = octant >= 2 && octant <= 5 ? -cosine : cosine;
  out[1] = octant >= 4 ? -sine : sine;
}
