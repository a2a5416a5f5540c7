/** @file A layer's attention, with the cache and the wish to see probabilities: what stands between a family's projections
 *  and the fused kernel. q [batch, seq, heads·dim]; k, v [batch, seq, kvHeads·dim]. */

import { attentionProbabilities } from "../nn/index.js";
import {
  attention,
  attentionQkv,
  type DropoutMask,
  type Operand,
  slice,
  type Tensor,
} from "../tensor/index.js";
import { appendRagged, appendTo } from "./cache.js";
import type { DecoderPass } from "./decoder.js";
import type { Seq2SeqPass } from "./seq2seq.js";

export interface AttendOptions {
  readonly layer: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  readonly window?: number | undefined;
  /** Scores become c·tanh(score/c); 0 = off. */
  readonly softcap?: number;
  /** [heads]: one logit more a head, whose share is dropped. */
  readonly sinks?: Tensor | undefined;
  /** Of the probabilities (those that are looked at are whole). */
  readonly dropout?: DropoutMask | undefined;
}

export function attend(q: Tensor, k: Tensor, v: Tensor, pass: DecoderPass, options: AttendOptions): Tensor {
  if (pass.cache === undefined) return attendTo(q, k, v, pass.seq, pass, options);
  remember(k, v, k.columns, pass, options.layer);
  return attendTo(
    q,
    pass.cache.layers[options.layer]!.k,
    pass.cache.layers[options.layer]!.v,
    pass.past + pass.seq,
    pass,
    options,
  );
}

/** The same from one tensor [batch, seq, (heads + 2·kvHeads)·dim] of queries, keys and values side by side. */
export function attendQkv(qkv: Tensor, pass: DecoderPass, options: AttendOptions): Tensor {
  const { heads, kvHeads, scale, window, layer, softcap = 0, sinks, dropout } = options;
  const dim = qkv.columns / (heads + 2 * kvHeads);
  const from = heads * dim;
  const to = from + kvHeads * dim;
  if (pass.cache === undefined) {
    if (pass.attentions) lookAt(slice(qkv, 2, 0, from), slice(qkv, 2, from, to), pass.seq, pass, options);
    return attentionQkv(qkv, { heads, kvHeads, scale, softcap, sinks, dropout, ranges: pass.ranges(window) });
  }
  const part = (at: number) => ({ storage: qkv.storage, offset: qkv.offset + at });
  remember(part(from), part(to), qkv.columns, pass, layer);
  return attendTo(
    // The queries of a single place lie together already.
    qkv.rows === 1 && qkv.node === null ? qkv.alias([1, 1, from]) : slice(qkv, 2, 0, from),
    pass.cache.layers[layer]!.k,
    pass.cache.layers[layer]!.v,
    pass.past + pass.seq,
    pass,
    options,
  );
}

/** Cross-attention: queries of the target [batch, seq, heads·dim] look at the source, whose keys and values the cache holds or
 *  `project` computes from the encoder's output. */
export function attendSource(
  q: Tensor,
  pass: Seq2SeqPass,
  options: Pick<AttendOptions, "layer" | "heads" | "scale" | "dropout">,
  project: (hidden: Tensor) => { readonly k: Tensor; readonly v: Tensor },
): Tensor {
  const { heads, scale, layer, dropout } = options;
  const { hidden, cached, seq: keys, ranges, attentions } = pass.source;
  const { k, v } = cached === undefined ? project(hidden!) : cached.layers[layer]!;
  attentions?.push(attentionProbabilities(q, k, { heads, kvHeads: heads, scale, keys, ranges }).keep());
  return attention(q, k, v, { heads, scale, ranges, dropout });
}

function attendTo(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  keys: number,
  pass: DecoderPass,
  options: AttendOptions,
): Tensor {
  const { heads, kvHeads, scale, window, softcap = 0, sinks, dropout } = options;
  if (pass.attentions) lookAt(q, k, keys, pass, options);
  return attention(q, k, v, {
    heads,
    kvHeads,
    scale,
    softcap,
    sinks,
    dropout,
    keys,
    ranges: pass.ranges(window),
  });
}

export function remember(k: Operand, v: Operand, ld: number, pass: DecoderPass, layer: number): void {
  const { cache, past, batch, seq } = pass;
  const into = cache!.layers[layer]!;
  const lengths = cache!.lengths;
  if (lengths !== undefined) {
    appendRagged(into.k, lengths, k, seq, ld);
    appendRagged(into.v, lengths, v, seq, ld);
    return;
  }
  appendTo(into.k, past, k, batch, seq, ld);
  appendTo(into.v, past, v, batch, seq, ld);
}

function lookAt(q: Tensor, k: Tensor, keys: number, pass: DecoderPass, options: AttendOptions): void {
  const { heads, kvHeads, scale, window, softcap, sinks } = options;
  const ranges = pass.ranges(window);
  pass.attentions!.push(
    attentionProbabilities(q, k, { heads, kvHeads, scale, softcap, sinks, keys, ranges }).keep(),
  );
}
