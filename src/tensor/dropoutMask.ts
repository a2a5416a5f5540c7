/** @file Which elements dropout keeps: a function of a seed, a stream and the element's place, so that a mask is never stored
 *  and is the same on every backend, instruction set and number of threads.
 *
 *  Element i takes 16 bits of Threefry's words (threefry.ts): sixty-four neighbours share sixteen counters,
 *    counter = (16·⌊i/64⌋ + i mod 16, stream), word = bit 5 of i, half = bit 4 of i (0: the lower)
 *  and is dropped where these bits, as a number, lie below `limit`. So p is a multiple of 2⁻¹⁶, and what is kept is scaled by
 *  the reciprocal of exactly what stays on average.
 *
 *  Of attention's probabilities, which no tensor holds, that of row r = (sequence·heads + head)·tq + query and key j is the
 *  element 64·⌈tk/64⌉·r + j. */

/** One use of dropout. */
export interface DropoutMask {
  /** The chance that an element is dropped, from 0 to below 1. */
  readonly p: number;
  /** From 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** Masks of different streams have nothing in common. From 0 to 2³² − 1. */
  readonly stream: number;
}

/** The same as kernels take it. */
export interface MaskWords {
  readonly key: readonly [number, number];
  readonly stream: number;
  /** Of 65536. */
  readonly limit: number;
  /** What is kept is multiplied by this float32. */
  readonly scale: number;
}

/** As the compiled kernels read it. */
export function maskNumbers(mask: DropoutMask): Float64Array {
  const { key, stream, limit, scale } = maskWords(mask);
  return Float64Array.of(...key, stream, limit, scale);
}

export function maskWords({ p, seed, stream }: DropoutMask): MaskWords {
  if (!(p >= 0 && p < 1)) throw new RangeError(`dropout of ${p}: a chance from 0 to below 1`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed is an integer from 0 to 2^53 - 1, not ${seed}`);
  if (!Number.isInteger(stream) || stream < 0 || stream >= 2 ** 32)
    throw new RangeError(`a stream is an integer from 0 to 2^32 - 1, not ${stream}`);
  const limit = Math.min(65535, Math.round(p * 65536));
  return {
    key: [seed | 0, Math.floor(seed / 2 ** 32)],
    stream: stream | 0,
    limit,
    scale: Math.fround(65536 / (65536 - limit)),
  };
}
