/** @file Label smoothing (Szegedy et al. 2015; Vaswani et al. 2017, section 5.4): the target gets 1 − ε, the whole vocabulary
 *  shares ε. With z the logits of a row, t its target and CE = log Σ exp z − z_t:
 *    (1 − ε)·CE + ε·mean_v(log Σ exp z − z_v) = CE + ε·(z_t − mean_v z_v).
 *  The second part is linear in z = x·Wᵀ + b, so that summed over the rows it needs no logits:
 *    Σ_r z[r, t_r] = Σ_r x_r·W[t_r] + b[t_r];   Σ_r mean_v z[r, v] = (Σ_r x_r)·mean_v W[v] + rows·mean_v b[v]. */

import {
  add,
  gatherRows,
  matmul,
  mean,
  mul,
  reshape,
  scale,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.js";

/** Σ_r (z_t − mean_v z_v) over rows with a target ≥ 0, a scalar. x [..., dim]; weight [vocab, dim]; bias [vocab]. */
export function smoothingTerm(x: Tensor, weight: Tensor, targets: Int32Array, bias?: Tensor): Tensor {
  const { engine } = x;
  const vocab = weight.shape[0]!;
  const real = Int32Array.from(targets.keys()).filter((r) => targets[r]! >= 0);
  const ids = real.map((r) => targets[r]!);
  const rows = gatherRows(x, real);
  const chosen = sum(mul(rows, gatherRows(weight, ids)));
  const total = matmul(engine.full([1, real.length], 1), rows);
  const average = matmul(engine.full([1, vocab], 1 / vocab), weight);
  const term = sub(chosen, sum(mul(total, average)));
  if (bias === undefined) return term;
  const biases = sum(gatherRows(reshape(bias, [vocab, 1]), ids));
  return add(term, sub(biases, scale(mean(bias), real.length)));
}
