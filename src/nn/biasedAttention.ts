/** @file Attention with a bias added to the scores (T5's relative positions, ALiBi): softmax(scale·q·kᵀ + bias)·v over the keys in
 *  range. Made of products and a softmax, so that the bias has a gradient; it holds the scores, [batch, heads, tq, keys].
 *  q [batch, tq, heads·dim]; k, v [batch, capacity ≥ keys, heads·dim]; bias [heads, tq, keys]; ranges i32 [batch, tq, 2]. */

import {
  add,
  type DropoutMask,
  dropout,
  type Engine,
  matmul,
  permute,
  reshape,
  slice,
  softmax,
  type Tensor,
} from "../tensor/index.js";

export interface BiasedAttentionOptions {
  readonly heads: number;
  readonly scale: number;
  readonly keys: number;
  readonly bias: Tensor;
  readonly ranges: Tensor;
  /** Of the probabilities. */
  readonly dropout?: DropoutMask | undefined;
  /** Given the probabilities [batch, heads, tq, keys], kept. */
  readonly attentions?: Tensor[] | undefined;
}

export function biasedAttention(q: Tensor, k: Tensor, v: Tensor, options: BiasedAttentionOptions): Tensor {
  const { heads, scale, keys, bias, ranges, attentions } = options;
  const { engine } = q;
  const [batch, tq] = q.shape as [number, number];
  const byHead = (x: Tensor, rows: number) => {
    const held = x.shape[1] === rows ? x : slice(x, 1, 0, rows);
    return permute(reshape(held, [batch, rows, heads, held.columns / heads]), [0, 2, 1, 3]);
  };
  const scores = matmul(byHead(q, tq), byHead(k, keys), { transB: true, alpha: scale });
  const biased = add(scores, bias);
  const hidden = hiddenKeys(engine, ranges, batch, heads, tq, keys);
  const p = softmax(hidden === undefined ? biased : add(biased, hidden));
  attentions?.push(p.alias().keep());
  const kept = options.dropout === undefined ? p : dropout(p, options.dropout);
  return reshape(permute(matmul(kept, byHead(v, keys)), [0, 2, 1, 3]), q.shape);
}

/** A large negative number at keys out of range: [tq, keys] where all rows agree, else [batch, heads, tq, keys]; undefined
 *  where every query sees all. */
function hiddenKeys(
  engine: Engine,
  ranges: Tensor,
  batch: number,
  heads: number,
  tq: number,
  keys: number,
): Tensor | undefined {
  const bounds = ranges.read();
  const all = bounds.every((bound, i) => bound === (i % 2 === 0 ? 0 : keys));
  if (all) return undefined;
  const same = bounds.every((bound, i) => bound === bounds[i % (2 * tq)]);
  const rows = same ? 1 : batch;
  const repeat = same ? 1 : heads;
  const mask = new Float32Array(rows * repeat * tq * keys).fill(-1e30);
  for (let b = 0; b < rows; b++)
    for (let h = 0; h < repeat; h++)
      for (let i = 0; i < tq; i++) {
        const at = ((b * repeat + h) * tq + i) * keys;
        mask.fill(0, at + bounds[2 * (b * tq + i)]!, at + bounds[2 * (b * tq + i) + 1]!);
      }
  return engine.tensor(mask, same ? [tq, keys] : [batch, heads, tq, keys]);
}
