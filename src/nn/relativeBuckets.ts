/** @file T5's buckets of relative positions (Raffel et al. 2019, section 2.1): near distances each have a bucket of their own,
 *  farther ones share logarithmically wider ones, all beyond `maxDistance` the last. With d = key − query:
 *    bidirectional: half of the buckets for d > 0, half for d ≤ 0; causal: d > 0 counts as 0.
 *    |d| < exact: |d|;  else exact + ⌊ln(|d|/exact) / ln(maxDistance/exact) · (n − exact)⌋, at most n − 1; exact = n/2. */

export interface RelativeBucketOptions {
  readonly buckets: number;
  readonly maxDistance: number;
  readonly bidirectional: boolean;
}

export function relativeBucket(distance: number, options: RelativeBucketOptions): number {
  const { maxDistance, bidirectional } = options;
  const n = bidirectional ? options.buckets >> 1 : options.buckets;
  const base = bidirectional && distance > 0 ? n : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = n >> 1;
  if (far < exact) return base + far;
  const wide = Math.floor((Math.log(far / exact) / Math.log(maxDistance / exact)) * (n - exact));
  return base + Math.min(exact + wide, n - 1);
}

/** Buckets of queries at past, past + 1, … and keys at 0, 1, …, i32 [queries, keys]. */
export function relativeBuckets(
  queries: number,
  keys: number,
  past: number,
  options: RelativeBucketOptions,
): Int32Array {
  const ids = new Int32Array(queries * keys);
  // One logarithm a distance, not one a pair.
  const known = Int32Array.from({ length: queries + keys }, (_, i) =>
    relativeBucket(i - (past + queries - 1), options),
  );
  for (let i = 0; i < queries; i++)
    for (let j = 0; j < keys; j++) ids[i * keys + j] = known[j - past - i + (past + queries - 1)]!;
  return ids;
}
