/** @file The sum over a row's experts: y[r] = Σ_e w[r,e]·expert_e(x[r]). Rows are grouped by expert, so that each expert is a few
 *  products of matrices; what comes back is added in the order of experts, so that a row's bits do not depend on the others. */

import { cast, concat, embedding, reshape, scaleRows, scatterRows, type Tensor } from "../../tensor/index.js";
import type { Routing } from "./route.js";

/** x [..., dim]; `expert(e, x [n, dim])` gives f32 [n, dim]. An expert without rows is called too while gradients are recorded:
 *  its parameters' gradient is zero then, and not missing. f32, x's shape. */
export function mixExperts(
  x: Tensor,
  routing: Routing,
  expert: (index: number, rows: Tensor) => Tensor,
): Tensor {
  const { engine } = x;
  const { begin, rows, weights, experts } = routing;
  const flat = reshape(cast(x, "f32"), [x.rows, x.columns]);
  const outputs: Tensor[] = [];
  for (let e = 0; e < experts; e++) {
    const [from, to] = [begin[e]!, begin[e + 1]!];
    if (from === to && !engine.gradEnabled) continue;
    outputs.push(expert(e, embedding(flat, rows.alias([to - from], from))));
  }
  const y = outputs.length === 1 ? outputs[0]! : concat(outputs, 0);
  return scatterRows(scaleRows(y, weights), rows, x.shape);
}
