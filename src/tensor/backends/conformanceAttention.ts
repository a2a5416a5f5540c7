/** @file Conformance cases of attention and its gradients: every kind of mask as ranges, grouped heads, softcap, fused
 *  and padded layouts, empty ranges, and NaN in places that no query sees.
 *
 *  Tolerances: an error δ of a score changes a weight by the factor 1 ± δ; weights sum to one, so o moves by 2δ·max|v|
 *  at most, and the sums add their own. Under compute "bf16" a backend may round q, k, v and the weights to bfloat16
 *  (EPS 2⁻⁸); the reference does not. */

import type { AttentionParams, Operand } from "../backend.js";
import type { Random } from "../random.js";
import {
  type Buffer,
  type ConformanceCase,
  cases,
  EPS,
  exact,
  execute,
  halfCases,
  input,
  output,
  type Plan,
  randomInput,
  uniform,
  within,
} from "./conformance.js";
import { createReferenceBackend } from "./reference/index.js";

type Mask =
  | "causal"
  | "window"
  | "documents"
  | "left-padding"
  | "right-padding"
  | "full"
  | "random"
  | "empty"
  | "beyond";

interface Shape {
  readonly batch: number;
  readonly tq: number;
  readonly tk: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly dim: number;
  readonly mask: Mask;
  readonly softcap?: number;
  readonly compute?: "fp32" | "bf16";
  /** q, k and v in one matrix [batch, t, (heads + 2·kvHeads)·dim] (tq = tk). */
  readonly fused?: boolean;
  readonly pad?: number;
  /** Scores are multiplied by this. */
  readonly steep?: number;
  readonly noLse?: boolean;
  /** NaN and infinities in keys and values outside every range. */
  readonly poison?: boolean;
  /** Dropout of the probabilities. */
  readonly drop?: number;
}

function range(mask: Mask, random: Random, i: number, tq: number, tk: number): [number, number] {
  const now = tk - tq + i; // the queries are the last of the keys
  switch (mask) {
    case "causal":
      return [0, now + 1];
    case "window":
      return [now - 4, now + 1]; // begins below 0
    case "documents":
      return [now - (now % 7), now + 1];
    case "left-padding":
      return now < 3 ? [0, 0] : [3, now + 1];
    case "right-padding":
      return [0, Math.max(1, tk - 2)];
    case "full":
      return [0, tk];
    case "random": {
      const from = random.integer(tk + 1);
      return [from, from + random.integer(tk - from + 1)];
    }
    case "empty":
      return i % 3 === 0 ? [0, Math.min(tk, 2)] : i % 3 === 1 ? [5, 5] : [4, 2];
    case "beyond":
      return [-3, tk + 9];
  }
}

const shapes: Shape[] = [
  { batch: 1, tq: 1, tk: 1, heads: 1, dim: 1, mask: "causal" },
  { batch: 1, tq: 1, tk: 9, heads: 2, dim: 3, mask: "full" },
  { batch: 2, tq: 5, tk: 5, heads: 2, dim: 8, mask: "causal" },
  { batch: 2, tq: 17, tk: 17, heads: 3, dim: 15, mask: "causal" },
  { batch: 1, tq: 16, tk: 31, heads: 4, kvHeads: 2, dim: 16, mask: "causal" },
  { batch: 2, tq: 33, tk: 33, heads: 6, kvHeads: 2, dim: 17, mask: "window" },
  { batch: 1, tq: 40, tk: 40, heads: 4, kvHeads: 1, dim: 32, mask: "documents" },
  { batch: 3, tq: 13, tk: 13, heads: 2, dim: 20, mask: "left-padding" },
  { batch: 2, tq: 12, tk: 19, heads: 2, dim: 24, mask: "right-padding" },
  { batch: 2, tq: 21, tk: 65, heads: 2, dim: 64, mask: "full" },
  { batch: 1, tq: 63, tk: 65, heads: 2, dim: 33, mask: "random" },
  { batch: 2, tq: 64, tk: 64, heads: 2, dim: 64, mask: "causal" },
  { batch: 1, tq: 65, tk: 129, heads: 4, kvHeads: 2, dim: 48, mask: "random" },
  { batch: 1, tq: 150, tk: 150, heads: 2, dim: 64, mask: "causal" },
  { batch: 2, tq: 130, tk: 130, heads: 3, dim: 64, mask: "causal" },
  { batch: 1, tq: 1, tk: 300, heads: 4, kvHeads: 2, dim: 64, mask: "full" },
  { batch: 1, tq: 3, tk: 257, heads: 2, dim: 128, mask: "causal" },
  { batch: 1, tq: 270, tk: 270, heads: 3, kvHeads: 1, dim: 32, mask: "causal" }, // one head for two threads
  { batch: 1, tq: 900, tk: 290, heads: 1, dim: 20, mask: "random" },
  { batch: 1, tq: 130, tk: 130, heads: 2, kvHeads: 1, dim: 64, mask: "window" },
  { batch: 2, tq: 9, tk: 9, heads: 2, dim: 96, mask: "empty" },
  { batch: 1, tq: 70, tk: 140, heads: 2, dim: 64, mask: "empty" },
  { batch: 1, tq: 9, tk: 20, heads: 2, dim: 16, mask: "beyond" },
  { batch: 0, tq: 5, tk: 5, heads: 2, dim: 8, mask: "full" },
  { batch: 2, tq: 0, tk: 5, heads: 2, dim: 8, mask: "full" },
  { batch: 2, tq: 5, tk: 0, heads: 2, dim: 8, mask: "full" },
];
const variants: Shape[] = [
  { batch: 2, tq: 19, tk: 19, heads: 4, kvHeads: 2, dim: 16, mask: "causal", fused: true },
  { batch: 2, tq: 66, tk: 66, heads: 3, dim: 32, mask: "causal", fused: true },
  { batch: 2, tq: 18, tk: 35, heads: 2, dim: 16, mask: "causal", pad: 5 },
  { batch: 2, tq: 18, tk: 35, heads: 2, dim: 64, mask: "random", pad: 7, noLse: true },
  { batch: 2, tq: 18, tk: 35, heads: 2, dim: 64, mask: "causal", softcap: 2 },
  { batch: 1, tq: 70, tk: 70, heads: 4, kvHeads: 2, dim: 64, mask: "window", softcap: 30, steep: 60 },
  { batch: 1, tq: 70, tk: 70, heads: 2, dim: 64, mask: "causal", steep: 400 },
  { batch: 2, tq: 33, tk: 70, heads: 2, dim: 64, mask: "right-padding", poison: true },
  { batch: 1, tq: 5, tk: 100, heads: 2, dim: 16, mask: "left-padding", poison: true },
  { batch: 2, tq: 20, tk: 150, heads: 4, kvHeads: 2, dim: 64, mask: "empty", poison: true },
];
const bf16: Shape[] = [...shapes, ...variants]
  .filter((p) => p.tq % 3 === 0 && !p.steep)
  .map((p) => ({ ...p, compute: "bf16" as const }));
const dropped: Shape[] = [...shapes, ...variants]
  .filter((p) => !p.steep && !p.poison)
  .map((p, i) => ({ ...p, drop: [0.1, 0.5, 0.3][i % 3]! }));
const all = [...shapes, ...variants, ...bf16, ...dropped];

interface Built {
  readonly buffers: Record<string, Buffer>;
  params(at: Readonly<Record<string, Operand>>): AttentionParams;
  /** Relative error of a weight. */
  readonly weightError: number;
  readonly unit: number;
  readonly layout: { q: Layout; k: Layout; o: Layout };
}
interface Layout {
  readonly shape: number[];
  readonly strides: number[];
}

function build(p: Shape, random: Random): Built {
  const { batch, tq, tk, heads, kvHeads = heads, dim, softcap = 0, fused = false, pad = 0, steep = 1 } = p;
  const width = fused ? (heads + 2 * kvHeads) * dim : 0;
  const [ldq, ldk, ldo] = [width || heads * dim + pad, width || kvHeads * dim + 2 * pad, heads * dim + pad];
  const [strideQ, strideK, strideO] = [tq * ldq + 3 * pad, tk * ldk + pad, tq * ldo + pad];
  const layout = {
    q: { shape: [batch, tq, heads * dim], strides: [strideQ, ldq, 1] },
    k: { shape: [batch, tk, kvHeads * dim], strides: [strideK, ldk, 1] },
    o: { shape: [batch, tq, heads * dim], strides: [strideO, ldo, 1] },
  };
  const ranges = new Int32Array(batch * tq * 2);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < tq; i++) ranges.set(range(p.mask, random, i, tq, tk), (b * tq + i) * 2);
  }
  const buffers: Record<string, Buffer> = { ranges: input([batch, tq, 2], ranges) };
  if (fused) {
    buffers.qkv = randomInput(random, [batch, tq, width]);
  } else {
    const [k, v] = [uniform(random, batch * tk * kvHeads * dim), uniform(random, batch * tk * kvHeads * dim)];
    if (p.poison) poison(p, ranges, kvHeads * dim, k, v);
    buffers.q = randomInput(random, layout.q.shape, layout.q.strides);
    buffers.k = input(layout.k.shape, k, layout.k.strides);
    buffers.v = input(layout.k.shape, v, layout.k.strides);
  }
  const part = (x: Operand, offset: number): Operand => ({ storage: x.storage, offset: x.offset + offset });
  const scale = steep / Math.sqrt(dim);
  const unit = (p.compute === "bf16" ? 2 ** -8 : EPS) / (1 - (p.drop ?? 0)); // what is kept is that much larger
  return {
    buffers,
    layout,
    unit,
    weightError:
      unit * (12 + scale * (dim + 8) + 2 * Math.log(tk + 2)) + (p.compute === "bf16" ? 0 : 8 * EPS * steep),
    params: (at) => ({
      q: at.q ?? at.qkv!,
      k: at.k ?? part(at.qkv!, heads * dim),
      v: at.v ?? part(at.qkv!, (heads + kvHeads) * dim),
      o: at.o!,
      ranges: at.ranges!,
      lse: at.lse,
      batch,
      tq,
      tk,
      heads,
      kvHeads,
      dim,
      ldq,
      ldk,
      ldv: ldk,
      ldo,
      strideQ,
      strideK,
      strideV: strideK,
      strideO,
      scale,
      softcap,
      dropout: p.drop === undefined ? undefined : { p: p.drop, seed: 2 ** 40 + 3, stream: 5 },
      compute: p.compute ?? "fp32",
    }),
  };
}

/** Keys that no query of their sequence sees become NaN or infinite. */
function poison(p: Shape, ranges: Int32Array, width: number, k: Float32Array, v: Float32Array): void {
  for (let b = 0; b < p.batch; b++) {
    for (let j = 0; j < p.tk; j++) {
      let seen = false;
      for (let i = b * p.tq; i < (b + 1) * p.tq; i++) seen ||= ranges[2 * i]! <= j && j < ranges[2 * i + 1]!;
      if (seen) continue;
      k.fill(
        j % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY,
        (b * p.tk + j) * width,
        (b * p.tk + j + 1) * width,
      );
      v.fill(Number.NaN, (b * p.tk + j) * width, (b * p.tk + j + 1) * width);
    }
  }
}

function forwardPlan(p: Shape, random: Random): Plan {
  const { buffers, params, weightError, unit, layout } = build(p, random);
  buffers.o = output(
    layout.o.shape,
    within(2 * weightError + unit * (Math.sqrt(p.tk) + 8)),
    layout.o.strides,
  );
  if (!p.noLse) buffers.lse = output([p.batch, p.heads, p.tq], within(weightError + unit * 8, 4 * EPS));
  return { buffers, run: (b, at) => void b.attention(params(at)) };
}

function backwardPlan(p: Shape, random: Random): Plan {
  const { buffers, params, weightError, unit, layout } = build(p, random);
  const { batch, tq, tk, heads, kvHeads = heads, dim, steep = 1 } = p;
  // o and lse as the forward makes them, for every backend the same.
  const forward: Plan = {
    buffers: {
      ...buffers,
      o: output(layout.o.shape, exact, layout.o.strides),
      lse: output([batch, heads, tq], within(0)),
    },
    run: (b, at) => {
      const made = params(at);
      b.attention(made);
      o.set(gather(b.read(at.o!, reach(layout.o)) as Float32Array, layout.o));
      lse.set(b.read(at.lse!, lse.length));
      return undefined;
    },
  };
  const o = new Float32Array(batch * tq * heads * dim);
  const lse = new Float32Array(batch * heads * tq);
  execute(createReferenceBackend(), forward);

  const queries = (tq * heads) / kvHeads;
  const scale = steep / Math.sqrt(dim);
  const spread = 2 * Math.sqrt(dim); // of dP − D
  const dsError = unit * 2 * (dim + 8) + 2 * spread * weightError;
  buffers.o = input(layout.o.shape, o, layout.o.strides);
  buffers.lse = input([batch, heads, tq], lse);
  buffers.dO = randomInput(random, layout.o.shape, layout.o.strides);
  const dq = within(scale * (dsError + unit * spread * (Math.sqrt(tk) + 8)));
  const rows = Math.sqrt(queries) + 8;
  const dk = within(scale * rows * (dsError + unit * spread));
  const dv = within(rows * (weightError + 2 * unit));
  if (p.fused) {
    const loosest = within(Math.max(dq.abs, dk.abs, dv.abs));
    buffers.dqkv = output([batch, tq, (heads + 2 * kvHeads) * dim], loosest);
  } else {
    buffers.dq = output(layout.q.shape, dq, layout.q.strides);
    buffers.dk = output(layout.k.shape, dk, layout.k.strides);
    buffers.dv = output(layout.k.shape, dv, layout.k.strides);
  }
  const part = (x: Operand, offset: number): Operand => ({ storage: x.storage, offset: x.offset + offset });
  return {
    buffers,
    run: (b, at) =>
      void b.attentionBackward({
        ...params(at),
        lse: at.lse!,
        dO: at.dO!,
        dq: at.dq ?? at.dqkv!,
        dk: at.dk ?? part(at.dqkv!, heads * dim),
        dv: at.dv ?? part(at.dqkv!, (heads + kvHeads) * dim),
      }),
  };
}

const reach = ({ shape, strides }: Layout) =>
  shape.includes(0) ? 0 : shape.reduce((end, size, d) => end + (size - 1) * strides[d]!, 1);

/** A dense copy of a [batch, t, width] array that is not. */
function gather(x: Float32Array, { shape, strides }: Layout): Float32Array {
  const [batch, t, width] = shape as [number, number, number];
  const y = new Float32Array(batch * t * width);
  for (let r = 0; r < batch * t; r++) {
    const at = Math.floor(r / t) * strides[0]! + (r % t) * strides[1]!;
    y.set(x.subarray(at, at + width), r * width);
  }
  return y;
}

const plain: readonly ConformanceCase[] = [
  ...cases("attention", all, forwardPlan),
  ...cases(
    "attentionBackward",
    all.filter((p) => !p.noLse),
    backwardPlan,
  ),
];

export const attentionCases: readonly ConformanceCase[] = [
  ...plain,
  ...halfCases(plain, "attention", ["q", "k", "v", "qkv", "o"]),
  ...halfCases(plain, "attentionBackward", ["q", "k", "v", "qkv", "o", "dO", "dq", "dk", "dv", "dqkv"]),
];
