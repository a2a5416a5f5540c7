/** @file The attention matrix itself, for those who want to look at it: softmax(scale·q·kᵀ, perhaps capped, perhaps with a sink) over the
 *  keys in range,
 *  [batch, heads, tq, keys], zero elsewhere. Slow and large; the models compute with the fused `attention`.
 *  q [batch, tq, heads·dim], k [batch, capacity, kvHeads·dim] of which the first `keys` rows count, ranges i32
 *  [batch, tq, 2]. Not differentiable. */

import {
  add,
  concat,
  type Engine,
  matmul,
  mul,
  permute,
  slice,
  softcap,
  softmax,
  type Tensor,
} from "../tensor/index.js";

export interface AttentionProbabilityOptions {
  readonly heads: number;
  readonly kvHeads: number;
  readonly keys: number;
  readonly ranges: Tensor;
  readonly scale: number;
  readonly softcap?: number | undefined;
  /** [heads]; then rows sum to less than 1 (see tensor/ops/sinks.ts). */
  readonly sinks?: Tensor | undefined;
}

export function attentionProbabilities(q: Tensor, k: Tensor, options: AttentionProbabilityOptions): Tensor {
  const { heads, kvHeads, keys, ranges, scale, softcap: cap = 0, sinks } = options;
  const { engine } = q;
  const [batch, tq, width] = q.shape as [number, number, number];
  const dim = width / heads;
  return engine.noGrad(() =>
    engine.scope(() => {
      const byHead = spread(q, tq, heads, 1, dim);
      const keysByHead = spread(k, keys, kvHeads, heads / kvHeads, dim);
      const products = matmul(byHead, keysByHead, { transB: true, alpha: scale });
      const scores = cap > 0 ? softcap(products, cap) : products;
      const { bias, visible } = visibility(engine, ranges, batch, tq, keys);
      const seen = add(scores, bias);
      const shares =
        sinks === undefined
          ? softmax(seen)
          : slice(softmax(concat([seen, sinkColumn(sinks, batch, tq)], 3)), 3, 0, keys);
      return permute(mul(shares, visible), [1, 0, 2, 3]);
    }),
  );
}

/** [batch, rows ≥ count, heads·dim] → [heads·repeat, batch, count, dim], each head `repeat` times. */
function spread(x: Tensor, count: number, heads: number, repeat: number, dim: number): Tensor {
  const [batch, rows] = x.shape as [number, number];
  const width = heads * dim;
  const y = x.engine.empty([heads * repeat, batch, count, dim], x.dtype);
  const block = batch * count * dim;
  x.engine.backend.stridedCopy({
    x,
    y,
    shape: [heads, repeat, batch, count, dim],
    xStrides: [dim, 0, rows * width, width, 1],
    yStrides: [repeat * block, block, count * dim, dim, 1],
    accumulate: false,
  });
  return y;
}

/** Each head's sink as one key more, [heads, batch, tq, 1]. */
function sinkColumn(sinks: Tensor, batch: number, tq: number): Tensor {
  const values = sinks.readFloats();
  const column = Float32Array.from(
    { length: values.length * batch * tq },
    (_, i) => values[Math.floor(i / (batch * tq))]!,
  );
  return sinks.engine.tensor(column, [values.length, batch, tq, 1]);
}

/** A large negative number for keys out of range, to add to scores, and a 1 for keys in range. */
function visibility(engine: Engine, ranges: Tensor, batch: number, tq: number, keys: number) {
  const bounds = ranges.read();
  const bias = new Float32Array(batch * tq * keys).fill(-1e30);
  const visible = new Float32Array(bias.length);
  for (let row = 0; row < batch * tq; row++) {
    bias.fill(0, row * keys + bounds[2 * row]!, row * keys + bounds[2 * row + 1]!);
    visible.fill(1, row * keys + bounds[2 * row]!, row * keys + bounds[2 * row + 1]!);
  }
  const shape = [batch, tq, keys];
  return { bias: engine.tensor(bias, shape), visible: engine.tensor(visible, shape) };
}
