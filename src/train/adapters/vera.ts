/** @file VeRA (Kopiczko et al. 2023): two random projections A [rank, in] and B [out, rank] that all modules share and nobody trains,
 *  and of each module two vectors: y = x·Wᵀ + b + (λ_b ⊙ (λ_d ⊙ (x̂·Aᵀ))·Bᵀ), λ_d [rank], λ_b [out]. Modules narrower than the
 *  projections use their first columns (A) and rows (B). As products of low rank their matrices are diag(λ_d)·A and
 *  diag(λ_b)·B: thin, so that they are made anew each time. */

import { scaleRows, slice, type Tensor } from "../../tensor/index.js";
import type { DropInput } from "./dropout.js";
import type { ProductsLayer } from "./layer.js";
import type { Module } from "./modules.js";
import { addProduct, type Product } from "./weights.js";

export interface Projections {
  /** [rank, in of the widest module] */
  readonly a: Tensor;
  /** [out of the widest module, rank] */
  readonly b: Tensor;
}

/** `vera_lambda_b`, `vera_lambda_d`. */
export function veraLayer(
  module: Module,
  tensors: ReadonlyMap<string, Tensor>,
  { a, b }: Projections,
  drop: DropInput,
): ProductsLayer {
  const d = tensors.get("vera_lambda_d")!;
  const out = tensors.get("vera_lambda_b")!;
  const product = (): Product => {
    const narrow = a.columns === module.inputs ? a : slice(a, 1, 0, module.inputs);
    const short = b.shape[0] === module.outputs ? b : slice(b, 0, 0, module.outputs);
    return { a: scaleRows(narrow, d), b: scaleRows(short, out), scale: 1 };
  };
  const { engine } = module.weight;
  return {
    kind: "products",
    module,
    tensors,
    terms(x) {
      const dropped = drop(x);
      return [dropped === x ? product() : { ...product(), x: dropped }];
    },
    merge: () => engine.noGrad(() => engine.scope(() => addProduct(module, product()))),
  };
}
