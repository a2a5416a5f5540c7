/** @file The loss that keeps experts equally busy (Fedus et al. 2021, equations 4 to 6, over the tokens of all layers together):
 *    aux = experts · Σ_e f_e·P_e,   f_e = choices of e / tokens,   P_e = mean probability of e.
 *  f sums to `chosen`; with all equal, aux = chosen. Gradients go through P. */

import { add, mul, softmax, sum, type Tensor } from "../../tensor/index.js";
import { chooseExperts } from "./route.js";

/** logits: one [tokens, experts] a layer; mask: 1 = real, default all. Shape [1]. */
export function balanceLoss(logits: readonly Tensor[], chosen: number, mask?: ArrayLike<number>): Tensor {
  const first = logits[0];
  if (first === undefined) throw new Error("balanceLoss of no layers");
  const { engine, rows, columns: experts } = first;
  const real = (row: number) => mask === undefined || mask[row] !== 0;
  const choices = new Float64Array(experts);
  for (const layer of logits)
    chooseExperts(layer, chosen).forEach((e, i) => {
      if (real(Math.floor(i / chosen))) choices[e]!++;
    });
  let tokens = 0;
  for (let r = 0; r < rows; r++) if (real(r)) tokens += logits.length;
  if (tokens === 0) return engine.zeros([1]);
  const weights = Float32Array.from({ length: rows * experts }, (_, i) =>
    real(Math.floor(i / experts)) ? (experts * choices[i % experts]!) / tokens ** 2 : 0,
  );
  const weighing = engine.tensor(weights, [rows, experts]);
  return logits.map((layer) => sum(mul(softmax(layer), weighing))).reduce((a, b) => add(a, b));
}
