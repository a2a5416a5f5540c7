/** @file Typed arrays that grow by doubling. */

type Growable = Int32Array | Float64Array | Uint8Array;

/** `array` itself if it holds `needed` elements, else a copy at least twice as long. */
export function growable<T extends Growable>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const grown = new (array.constructor as new (length: number) => T)(Math.max(needed, array.length * 2, 16));
  grown.set(array);
  return grown;
}
