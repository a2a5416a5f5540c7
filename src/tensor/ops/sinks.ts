/** @file Attention sinks (Xiao et al. 2024; gpt-oss): each head has one learned logit more, whose share of the softmax goes
 *  nowhere, so that a head may attend to nothing. With l = log Σ exp(s) over the keys and sink z:
 *    o' = o·σ(l − z);   l' = log(exp l + exp z).
 *  The backward of attention is right as it is when given o' and l': its probabilities exp(s − l') then sum to less than 1,
 *  and the sink's own score meets a value of zero. dz[h] = −Σ_rows exp(z − l')·(dO·o').
 *  The kernel knows nothing of sinks: this changes what it wrote, o [batch, tq, heads·dim] and lse [batch, heads, tq]. */

import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { spreadRows } from "./rows.js";

interface SinkShape {
  readonly batch: number;
  readonly tq: number;
  readonly heads: number;
  readonly dim: number;
}

/** o and lse become o' and l', in place. */
export function applySinks(o: Tensor, lse: Tensor, sinks: Tensor, shape: SinkShape): void {
  const { engine } = o;
  const z = sinks.readFloats();
  const l = lse.readFloats();
  const share = new Float32Array(l.length); // σ(l − z), [batch, tq, heads]
  forEachRow(shape, (row, at, h) => {
    const excess = z[h]! - l[at]!; // +∞ where a query sees no key
    share[row] = 1 / (1 + Math.exp(excess));
    l[at] = excess > 0 ? z[h]! + Math.log1p(Math.exp(-excess)) : l[at]! + Math.log1p(Math.exp(excess));
  });
  lse.write(l);
  engine.scope(() => {
    const spread = cast(spreadRows(engine.tensor(share), shape.dim), o.dtype === "bf16" ? "bf16" : "f32");
    engine.backend.binary({ op: "mul", a: o, b: spread, y: o, length: o.size, bLength: o.size });
  });
}

/** [heads], from what `applySinks` left. */
export function sinkGradient(dO: Tensor, o: Tensor, lse: Tensor, sinks: Tensor, shape: SinkShape): Tensor {
  const { engine } = o;
  const dots = engine.scope((): Float32Array => {
    const product = engine.empty(o.shape);
    const [a, b] = [cast(dO, "f32"), cast(o, "f32")];
    engine.backend.binary({ op: "mul", a, b, y: product, length: o.size, bLength: o.size });
    const sums = engine.empty([o.size / shape.dim]);
    engine.backend.sumCols({ x: product, y: sums, rows: sums.size, cols: shape.dim });
    return sums.readFloats();
  });
  const z = sinks.readFloats();
  const l = lse.readFloats();
  const sums = new Float64Array(shape.heads);
  forEachRow(shape, (row, at, h) => {
    sums[h]! -= Math.exp(z[h]! - l[at]!) * dots[row]!;
  });
  return engine.tensor(Float32Array.from(sums));
}

/** Every row of every head: its index in [batch, tq, heads] and in [batch, heads, tq]. */
function forEachRow(
  { batch, tq, heads }: SinkShape,
  visit: (row: number, at: number, head: number) => void,
): void {
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < tq; t++)
      for (let h = 0; h < heads; h++) visit((b * tq + t) * heads + h, (b * heads + h) * tq + t, h);
}
