/** @file Attention with a range of visible keys for each query, and its gradients, one query at a time:
 *  s = scale·q·k, capped s = c·tanh(s/c); P = exp(s − lse); o = P·v.
 *  Backward (Dao et al. 2022, appendix B), with D = dO·o: dv += P·dO; dP = dO·v; ds = P·(dP − D), times 1 − (s/c)² under
 *  a cap; dq = scale·ds·k; dk += scale·ds·q. `compute` is not looked at: these products are fp32 in every backend.
 *  Dropout: o = (m·P)·v; dv += m·P·dO; dP = m·(dO·v).
 *  Ranges are clamped to [0, tk): a key beyond the sequence does not exist. Keys outside a range are never read, so
 *  that what lies in unused places of a cache does not matter, NaN included. */

import type { AttentionBackwardParams, AttentionParams, Operand } from "../../backend.js";
import { maskWords } from "../../dropoutMask.js";
import { maskOf } from "./dropout.js";
import { f32, i32, span } from "./memory.js";

interface Layout {
  readonly data: Float32Array;
  readonly ld: number;
  readonly stride: number;
}

/** A [batch, t, heads, dim] operand: where head h of position t of sequence b begins is b·stride + t·ld + h·dim. */
function layout(x: Operand, batch: number, t: number, width: number, ld: number, stride: number): Layout {
  return { data: f32(x, span(batch, span(t, width, ld), stride)), ld, stride };
}

const queries = (p: AttentionParams, x: Operand, ld: number, stride: number) =>
  layout(x, p.batch, p.tq, p.heads * p.dim, ld, stride);
const keys = (p: AttentionParams, x: Operand, ld: number, stride: number) =>
  layout(x, p.batch, p.tk, p.kvHeads * p.dim, ld, stride);

function dot(x: Float32Array, i: number, y: Float32Array, j: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += x[i + d]! * y[j + d]!;
  return sum;
}

/** Calls `visit` for every sequence, head and query with the keys it sees, [from, to). */
function forEachQuery(
  p: AttentionParams,
  visit: (b: number, h: number, t: number, from: number, to: number) => void,
) {
  const ranges = i32(p.ranges, p.batch * p.tq * 2);
  for (let b = 0; b < p.batch; b++) {
    for (let h = 0; h < p.heads; h++) {
      for (let t = 0; t < p.tq; t++) {
        const at = (b * p.tq + t) * 2;
        visit(b, h, t, Math.max(ranges[at]!, 0), Math.min(ranges[at + 1]!, p.tk));
      }
    }
  }
}

/** m of the keys of a query, from the first on; 1 where nothing is dropped. */
function masks(p: AttentionParams): (b: number, h: number, t: number) => (key: number) => number {
  if (p.dropout === undefined) return () => () => 1;
  const words = maskWords(p.dropout);
  const width = 64 * Math.ceil(p.tk / 64);
  return (b, h, t) => {
    const row = maskOf(words, ((b * p.heads + h) * p.tq + t) * width, p.tk);
    return (key) => row[key]!;
  };
}

export function attention(p: AttentionParams): void {
  const { heads, kvHeads, dim, scale, softcap = 0 } = p;
  const q = queries(p, p.q, p.ldq, p.strideQ);
  const k = keys(p, p.k, p.ldk, p.strideK);
  const v = keys(p, p.v, p.ldv, p.strideV);
  const o = queries(p, p.o, p.ldo, p.strideO);
  const lse = p.lse && f32(p.lse, p.batch * heads * p.tq);
  const s = new Float64Array(p.tk);
  const sums = new Float64Array(dim);
  const masksOf = masks(p);
  forEachQuery(p, (b, h, t, from, to) => {
    const m = masksOf(b, h, t);
    const head = Math.floor((h * kvHeads) / heads) * dim;
    const qAt = b * q.stride + t * q.ld + h * dim;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = from; j < to; j++) {
      let score = scale * dot(q.data, qAt, k.data, b * k.stride + j * k.ld + head, dim);
      if (softcap > 0) score = softcap * Math.tanh(score / softcap);
      s[j] = score;
      largest = Math.max(largest, score);
    }
    let total = 0;
    sums.fill(0);
    for (let j = from; j < to; j++) {
      const weight = Math.exp(s[j]! - largest);
      const vAt = b * v.stride + j * v.ld + head;
      total += weight;
      for (let d = 0; d < dim; d++) sums[d]! += m(j) * weight * v.data[vAt + d]!;
    }
    const oAt = b * o.stride + t * o.ld + h * dim;
    for (let d = 0; d < dim; d++) o.data[oAt + d] = from < to ? sums[d]! / total : 0;
    if (lse)
      lse[(b * heads + h) * p.tq + t] = from < to ? largest + Math.log(total) : Number.NEGATIVE_INFINITY;
  });
}

export function attentionBackward(p: AttentionBackwardParams): void {
  const { heads, kvHeads, dim, scale, softcap = 0 } = p;
  const q = queries(p, p.q, p.ldq, p.strideQ);
  const k = keys(p, p.k, p.ldk, p.strideK);
  const v = keys(p, p.v, p.ldv, p.strideV);
  const o = queries(p, p.o, p.ldo, p.strideO);
  const dO = queries(p, p.dO, p.ldo, p.strideO);
  const dq = queries(p, p.dq, p.ldq, p.strideQ);
  const lse = f32(p.lse, p.batch * heads * p.tq);
  const width = kvHeads * dim;
  const dkSums = new Float64Array(p.batch * p.tk * width);
  const dvSums = new Float64Array(p.batch * p.tk * width);
  const dqSums = new Float64Array(dim);
  const masksOf = masks(p);
  forEachQuery(p, (b, h, t, from, to) => {
    const m = masksOf(b, h, t);
    const head = Math.floor((h * kvHeads) / heads) * dim;
    const qAt = b * q.stride + t * q.ld + h * dim;
    const oAt = b * o.stride + t * o.ld + h * dim;
    const delta = from < to ? dot(dO.data, oAt, o.data, oAt, dim) : 0;
    const normaliser = lse[(b * heads + h) * p.tq + t]!;
    dqSums.fill(0);
    for (let j = from; j < to; j++) {
      const kAt = b * k.stride + j * k.ld + head;
      const vAt = b * v.stride + j * v.ld + head;
      const sumsAt = (b * p.tk + j) * width + head;
      let score = scale * dot(q.data, qAt, k.data, kAt, dim);
      let slope = scale;
      if (softcap > 0) {
        const u = Math.tanh(score / softcap);
        score = softcap * u;
        slope *= 1 - u * u;
      }
      const weight = Math.exp(score - normaliser);
      const ds = slope * weight * (m(j) * dot(dO.data, oAt, v.data, vAt, dim) - delta);
      for (let d = 0; d < dim; d++) {
        dvSums[sumsAt + d]! += m(j) * weight * dO.data[oAt + d]!;
        dkSums[sumsAt + d]! += ds * q.data[qAt + d]!;
        dqSums[d]! += ds * k.data[kAt + d]!;
      }
    }
    const dqAt = b * dq.stride + t * dq.ld + h * dim;
    for (let d = 0; d < dim; d++) dq.data[dqAt + d] = dqSums[d]!;
  });
  storeKeys(p, keys(p, p.dk, p.ldk, p.strideK), dkSums);
  storeKeys(p, keys(p, p.dv, p.ldv, p.strideV), dvSums);
}

function storeKeys(p: AttentionParams, to: Layout, sums: Float64Array): void {
  const width = p.kvHeads * p.dim;
  for (let b = 0; b < p.batch; b++) {
    for (let j = 0; j < p.tk; j++) {
      const at = b * to.stride + j * to.ld;
      for (let d = 0; d < width; d++) to.data[at + d] = sums[(b * p.tk + j) * width + d]!;
    }
  }
}
