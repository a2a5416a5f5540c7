/** @file Scaled dot-product attention, tiled (Dao et al. 2022): o = softmax(scale·q·kᵀ, visible keys)·v, memory linear in the
 *  sequence. Which keys a query sees is a range [from, to) each, i32 [batch, tq, 2]: every mask used here (see `ranges.ts`).
 *  q [batch, tq, heads·dim], k and v [batch, tk, kvHeads·dim], or all three side by side in one tensor
 *  [batch, t, (heads + 2·kvHeads)·dim] as a fused projection gives them; all of one type, which is o's too. Saves the log-sum-exp of each row; the backward
 *  computes the scores again. */

import type { AttentionParams } from "../backend.js";
import type { DropoutMask } from "../dropoutMask.js";
import { countable } from "../sizes.js";
import { record, recording } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { applySinks, sinkGradient } from "./sinks.js";

export interface AttentionOptions {
  readonly heads: number;
  /** Fewer key/value heads than heads: grouped-query attention; default `heads`. */
  readonly kvHeads?: number;
  readonly ranges: Tensor;
  /** Default 1/√dim. */
  readonly scale?: number;
  /** Scores become c·tanh(score/c) (Gemma 2); 0 = off. */
  readonly softcap?: number;
  /** One logit more a head, [heads], whose share of the softmax is dropped (see sinks.ts). */
  readonly sinks?: Tensor | undefined;
  /** Of the probabilities. */
  readonly dropout?: DropoutMask | undefined;
  /** Rows of k and v that hold keys, where a cache is longer than what it holds; default all. */
  readonly keys?: number;
}

export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads } = options;
  const [batch, tq, width] = q.shape as [number, number, number];
  const dim = width / heads;
  const capacity = k.shape[1]!;
  const kvWidth = kvHeads * dim;
  if (
    !Number.isInteger(dim) ||
    heads % kvHeads !== 0 ||
    k.columns !== kvWidth ||
    v.columns !== kvWidth ||
    k.shape[0] !== batch
  ) {
    throw new Error(
      `attention of q [${q.shape}], k [${k.shape}], v [${v.shape}] with ${heads} heads over ${kvHeads}`,
    );
  }
  const layout = {
    batch,
    tq,
    tk: options.keys ?? capacity,
    heads,
    kvHeads,
    dim,
    ldq: width,
    ldk: kvWidth,
    ldv: kvWidth,
    ldo: width,
    strideQ: tq * width,
    strideK: capacity * kvWidth,
    strideV: capacity * kvWidth,
    strideO: tq * width,
  };
  return run(
    [q, k, v],
    () => ({ q, k, v }),
    q.shape,
    layout,
    options,
    (g, backward) => {
      const grads = [q, k, v].map((t) => t.engine.empty(t.shape, t.dtype)) as [Tensor, Tensor, Tensor];
      backward({ dq: grads[0], dk: grads[1], dv: grads[2] });
      g.give(q, grads[0]);
      g.give(k, grads[1]);
      g.give(v, grads[2]);
    },
  );
}

/** The same from one tensor qkv [batch, t, (heads + 2·kvHeads)·dim]: queries, then keys, then values. */
export function attentionQkv(qkv: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads } = options;
  const [batch, t, width] = qkv.shape as [number, number, number];
  const dim = width / (heads + 2 * kvHeads);
  if (!Number.isInteger(dim) || heads % kvHeads !== 0)
    throw new Error(`attentionQkv of [${qkv.shape}] with ${heads} heads over ${kvHeads}`);
  const out = heads * dim;
  const part = (x: Tensor, at: number) => ({ storage: x.storage, offset: x.offset + at });
  const split = (x: Tensor) => ({ q: part(x, 0), k: part(x, out), v: part(x, out + kvHeads * dim) });
  const layout = {
    batch,
    tq: t,
    tk: t,
    heads,
    kvHeads,
    dim,
    ldq: width,
    ldk: width,
    ldv: width,
    ldo: out,
    strideQ: t * width,
    strideK: t * width,
    strideV: t * width,
    strideO: t * out,
  };
  return run(
    [qkv],
    () => split(qkv),
    [batch, t, out],
    layout,
    options,
    (g, backward) => {
      const d = qkv.engine.empty(qkv.shape, qkv.dtype);
      const { q, k, v } = split(d);
      backward({ dq: q, dk: k, dv: v });
      g.give(qkv, d);
    },
  );
}

type Gradients = Parameters<Parameters<typeof record>[3]>[0];
type Layout = Pick<
  AttentionParams,
  | "batch"
  | "tq"
  | "tk"
  | "heads"
  | "kvHeads"
  | "dim"
  | "ldq"
  | "ldk"
  | "ldv"
  | "ldo"
  | "strideQ"
  | "strideK"
  | "strideV"
  | "strideO"
>;
type Outputs = { dq: AttentionParams["q"]; dk: AttentionParams["q"]; dv: AttentionParams["q"] };

function run(
  operandsOf: readonly Tensor[],
  place: () => Pick<AttentionParams, "q" | "k" | "v">,
  shape: readonly number[],
  layout: Layout,
  options: AttentionOptions,
  differentiate: (g: Gradients, backward: (outputs: Outputs) => void) => void,
): Tensor {
  const { engine } = operandsOf[0]!;
  const { ranges, scale = 1 / Math.sqrt(layout.dim), softcap = 0, sinks, dropout } = options;
  if (ranges.size !== layout.batch * layout.tq * 2)
    throw new Error(`attention ranges [${ranges.shape}] for ${layout.batch}×${layout.tq} queries`);
  countable(
    "the queries of a sequence, times the heads that share keys,",
    (layout.tq * layout.heads) / layout.kvHeads,
  );
  countable("the keys of a sequence", layout.tk);
  const masked = layout.batch * layout.heads * layout.tq * Math.ceil(layout.tk / 64);
  if (dropout !== undefined && masked > 2 ** 28)
    throw new Error(`dropout of ${masked} times 64 probabilities: a mask has ${2 ** 28} times 64`);
  const { dtype } = operandsOf[0]!;
  if (operandsOf.some((t) => t.dtype !== dtype))
    throw new Error(`attention of tensors of types ${operandsOf.map((t) => t.dtype)}`);
  const inputs = sinks ? [...operandsOf, sinks] : operandsOf;
  const o = engine.empty(shape, dtype);
  const lse = sinks || recording(inputs) ? engine.empty([layout.batch, layout.heads, layout.tq]) : undefined;
  const operands = place();
  // Field by field: a second spread costs microseconds, which a token of a small model feels.
  const params: AttentionParams = {
    q: operands.q,
    k: operands.k,
    v: operands.v,
    o,
    lse,
    ranges,
    scale,
    softcap,
    dropout,
    compute: engine.compute,
    batch: layout.batch,
    tq: layout.tq,
    tk: layout.tk,
    heads: layout.heads,
    kvHeads: layout.kvHeads,
    dim: layout.dim,
    ldq: layout.ldq,
    ldk: layout.ldk,
    ldv: layout.ldv,
    ldo: layout.ldo,
    strideQ: layout.strideQ,
    strideK: layout.strideK,
    strideV: layout.strideV,
    strideO: layout.strideO,
  };
  engine.backend.attention(params);
  if (sinks) applySinks(o, lse!, sinks, layout);
  return record(
    "attention",
    inputs,
    o,
    (g, dO) => {
      if (sinks?.requiresGrad) g.give(sinks, sinkGradient(dO, o, lse!, sinks, layout));
      differentiate(g, (outputs) =>
        engine.backend.attentionBackward({ ...params, ...place(), lse: lse!, dO, ...outputs }),
      );
    },
    lse ? [lse] : [],
  );
}
