/** @file Attention ranges: for each query the half-open interval of keys it sees, Int32Array [batch, queries, 2]. */

export interface RangeOptions {
  readonly batch: number;
  readonly queries: number;
  /** Keys before the first query (a cache); default 0. Query i stands at position past + i. */
  readonly past?: number;
  readonly causal: boolean;
  /** Sliding window: a query sees at most this many keys, itself included. */
  readonly window?: number | undefined;
  /** Not causal: a query sees the keys at most this far from it on either side. */
  readonly reach?: number | undefined;
  /** 1 = real, 0 = padding on one side of each row, [batch, keys]; default all real. */
  readonly mask?: ArrayLike<number> | undefined;
  /** Keys in all; default past + queries. */
  readonly keys?: number;
  /** For packed rows: start index of each position's document within its row, [batch, queries]; past must be 0. */
  readonly documentStarts?: ArrayLike<number> | undefined;
}

/** Padding queries get an empty range. Throws where a mask has holes between real tokens. */
export function attentionRanges(options: RangeOptions): Int32Array {
  const { batch, queries, past = 0, causal, window, reach, mask, documentStarts } = options;
  const keys = options.keys ?? past + queries;
  const ranges = new Int32Array(batch * queries * 2);
  for (let b = 0; b < batch; b++) {
    const [low, high] = realSpan(mask, b, keys);
    let end = high; // of the document, for those who look ahead
    for (let i = queries - 1; i >= 0; i--) {
      const position = past + i;
      const start = documentStarts ? documentStarts[b * queries + i]! : 0;
      if (documentStarts && i + 1 < queries && documentStarts[b * queries + i + 1] !== start) end = i + 1;
      let from = Math.max(low, start);
      let to = Math.min(high, causal ? position + 1 : end);
      if (window !== undefined) from = Math.max(from, position - window + 1);
      if (reach !== undefined)
        [from, to] = [Math.max(from, position - reach), Math.min(to, position + reach + 1)];
      const padding = causal && (position < low || position >= high);
      if (padding || to <= from) from = to = 0;
      const at = (b * queries + i) * 2;
      ranges[at] = from;
      ranges[at + 1] = to;
    }
  }
  return ranges;
}

function realSpan(mask: ArrayLike<number> | undefined, row: number, keys: number): [number, number] {
  if (mask === undefined) return [0, keys];
  let low = 0;
  while (low < keys && mask[row * keys + low] === 0) low++;
  let high = keys;
  while (high > low && mask[row * keys + high - 1] === 0) high--;
  for (let i = low; i < high; i++) {
    if (mask[row * keys + i] === 0)
      throw new Error(`attention mask row ${row} has padding at ${i}, between real tokens`);
  }
  return [low, high];
}
