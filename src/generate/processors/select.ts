/** @file Finding a place in the order of many numbers without sorting them: the k-th largest, and the key at which a running
 *  sum of masses reaches a target. One pass over the row counts into buckets; only the bucket in question is sorted. */

const BUCKETS = 2048;

/** The k-th largest of a row (k from 1 to its length): sign, exponent and two bits of mantissa choose the bucket. */
export function kthLargest(row: Float32Array, k: number): number {
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length);
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) counts[orderedKey(bits[i]!) >>> 21]!++;
  let bucket = BUCKETS - 1;
  let above = 0;
  for (; above + counts[bucket]! < k; bucket--) above += counts[bucket]!;
  return kthInBucket(row, bits, bucket, counts[bucket]!, k - above);
}

/** The same again by the next eleven bits, then a sort of what is left. */
function kthInBucket(row: Float32Array, bits: Uint32Array, bucket: number, size: number, k: number): number {
  const keys = new Uint32Array(size);
  const from = new Uint32Array(size);
  const counts = new Uint32Array(BUCKETS);
  let n = 0;
  for (let i = 0; i < bits.length; i++) {
    const key = orderedKey(bits[i]!);
    if (key >>> 21 !== bucket) continue;
    counts[(key >>> 10) & 2047]!++;
    keys[n] = key;
    from[n++] = i;
  }
  let inner = BUCKETS - 1;
  let above = 0;
  for (; above + counts[inner]! < k; inner--) above += counts[inner]!;
  const rest = new Float32Array(counts[inner]!);
  let m = 0;
  for (let i = 0; i < size; i++) if (((keys[i]! >>> 10) & 2047) === inner) rest[m++] = row[from[i]!]!;
  rest.sort();
  return rest[m - (k - above)]!;
}

/** Bits of a float32 as an unsigned number in the order of the floats. */
function orderedKey(bits: number): number {
  return bits >>> 31 === 1 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
}

/** Where a running sum of masses, taken in the order of rising keys, reaches a target. */
export interface MassThreshold {
  /** Key of the element at which it does. */
  readonly key: number;
  /** How many of the elements with exactly this key are needed. */
  readonly tied: number;
}

/** Keys ≥ 0 lie in buckets of 1/64 (the last holds all from 32 on), which suits differences of log-probabilities. Elements
 *  with mass 0 are not looked at. */
export function massThreshold(keys: Float64Array, masses: Float64Array, target: number): MassThreshold {
  const sums = new Float64Array(BUCKETS);
  for (let i = 0; i < keys.length; i++) if (masses[i]! > 0) sums[bucketOf(keys[i]!)]! += masses[i]!;
  let bucket = 0;
  let below = 0;
  for (; bucket < BUCKETS - 1 && below + sums[bucket]! < target; bucket++) below += sums[bucket]!;
  const inside: number[] = [];
  for (let i = 0; i < keys.length; i++) if (masses[i]! > 0 && bucketOf(keys[i]!) === bucket) inside.push(i);
  inside.sort((a, b) => keys[a]! - keys[b]!);
  let last = 0;
  for (; last < inside.length - 1; last++) {
    below += masses[inside[last]!]!;
    if (below >= target) break;
  }
  const key = keys[inside[last]!]!;
  let tied = 0;
  for (let i = last; i >= 0 && keys[inside[i]!] === key; i--) tied++;
  return { key, tied };
}

function bucketOf(key: number): number {
  return key >= 32 ? BUCKETS - 1 : Math.floor(key * 64);
}
