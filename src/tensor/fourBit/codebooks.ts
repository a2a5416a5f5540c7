/** @file The numbers that codes stand for: sixteen for weights, between −1 and 1, and 256 for scales that are quantised themselves. */

export const FOUR_BIT_TYPES = ["nf4", "fp4"] as const;
export type FourBitType = (typeof FOUR_BIT_TYPES)[number];

const FP4_SIZES = [0, 1 / 192, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4];

/** The value of each code. nf4: quantiles of a normal distribution, with an exact zero (Dettmers et al. 2023, appendix E); fp4: a
 *  sign, two bits of exponent and one of fraction, in thirds and twelfths of the largest as bitsandbytes has them. */
export const CODEBOOKS: Readonly<Record<FourBitType, Float32Array>> = {
  nf4: Float32Array.of(
    -1,
    -0.6961928009986877,
    -0.5250730514526367,
    -0.39491748809814453,
    -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495,
    0,
    0.07958029955625534,
    0.16093020141124725,
    0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434,
    0.5626170039176941,
    0.7229568362236023,
    1,
  ),
  fp4: Float32Array.of(...FP4_SIZES, ...FP4_SIZES.map((x) => (x === 0 ? 0 : -x))),
};

/** Dettmers 2015's dynamic tree, 8 bits with a sign, ascending: 0, 1, and ±10^(e−6) times the middles of 2^e equal steps from 0.1
 *  to 1, e = 0 … 6. In float32 throughout, as the library makes it. */
export function dynamicMap(): Float32Array {
  const f = Math.fround;
  const values = [0, 1];
  for (let e = 0; e < 7; e++) {
    const steps = 2 ** e;
    const step = f(f(1 - f(0.1)) / steps);
    // Rounded once, as a fused multiply-add does.
    const bound = (i: number) => (i < (steps + 1) / 2 ? f(f(0.1) + step * i) : f(1 - step * (steps - i)));
    for (let i = 0; i < steps; i++) {
      const value = f(f(10 ** (e - 6)) * f(f(bound(i) + bound(i + 1)) / 2));
      values.push(value, -value);
    }
  }
  return Float32Array.from(values).sort();
}
