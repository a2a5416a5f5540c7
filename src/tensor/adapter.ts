/** @file What stands between a weight and the operations that use it. `linear`, `embedding` and the losses that are fused with
 *  a product ask the weight (`tensor.adapter`) before they do their own work; so a layer is adapted without its family
 *  knowing (docs/decisions/adapters.md). Who adapts uses the weight itself through `plainLinear` and `plainEmbedding`. */

import type { EmbeddingOptions } from "./ops/embedding.js";
import type { LinearOptions } from "./ops/linear.js";
import type { Tensor } from "./tensor.js";

export interface WeightAdapter {
  /** Leaves that it trains. */
  readonly parameters: readonly Tensor[];
  /** In the place of `linear(x, weight, options)`. */
  readonly linear?: (x: Tensor, weight: Tensor, options: LinearOptions) => Tensor;
  /** In the place of `embedding(table, ids, options)`. */
  readonly embedding?: (table: Tensor, ids: Tensor, options: EmbeddingOptions) => Tensor;
}
