/** @file LoRA (Hu et al. 2021): y = x·Wᵀ + b + s·(x̂·Aᵀ)·Bᵀ, A [rank, in], B [out, rank], x̂ = dropout(x); s = α/rank, or α/√rank
 *  (rank-stabilised; Kalajdzievski 2023). The product B·A is never made, but to merge it into W.
 *  An embedding's: rows + s·A[:, ids]ᵀ·Bᵀ, A [rank, vocab], B [dim, rank].
 *  B may have a bias of its own, which s multiplies as well.
 *  `initial` is a product that is taken away again, s·(B·A − B₀·A₀): how PiSSA and OLoRA begin at W itself (initial.ts). */

import { linear, permute, plainEmbedding, scale as scaled, type Tensor } from "../../tensor/index.js";
import type { DropInput } from "./dropout.js";
import type { ProductsLayer, RowsLayer } from "./layer.js";
import type { Module } from "./modules.js";
import { addProduct, type Product } from "./weights.js";

export interface LoraParts {
  readonly scale: number;
  /** x → x̂. */
  readonly drop: DropInput;
  readonly initial?: { readonly a: Tensor; readonly b: Tensor } | undefined;
}

/** `lora_A.weight`, `lora_B.weight`, perhaps `lora_B.bias`. */
export function loraLayer(
  module: Module,
  tensors: ReadonlyMap<string, Tensor>,
  { scale, drop, initial }: LoraParts,
): ProductsLayer {
  const products = loraProducts(tensors, scale, initial);
  const bias = tensors.get("lora_B.bias");
  return {
    kind: "products",
    module,
    tensors,
    terms(x) {
      const dropped = drop(x);
      return products.map((p) => (dropped === x ? p : { ...p, x: dropped }));
    },
    offset: bias && (() => scaled(bias, scale)),
    merge() {
      for (const p of products) addProduct(module, p);
      const own = module.bias;
      if (bias !== undefined && own !== undefined)
        own.engine.backend.axpby({ alpha: scale, x: bias, beta: 1, y: own, length: own.size });
    },
  };
}

export function loraProducts(
  tensors: ReadonlyMap<string, Tensor>,
  scale: number,
  initial: LoraParts["initial"],
): readonly Product[] {
  const own = { a: tensors.get("lora_A.weight")!, b: tensors.get("lora_B.weight")!, scale };
  return initial === undefined ? [own] : [own, { ...initial, scale: -scale }];
}

/** `lora_embedding_A`, `lora_embedding_B`. */
export function loraEmbedding(
  module: Module,
  tensors: ReadonlyMap<string, Tensor>,
  { scale }: Pick<LoraParts, "scale">,
): RowsLayer {
  const a = tensors.get("lora_embedding_A")!;
  const b = tensors.get("lora_embedding_B")!;
  return {
    kind: "rows",
    module,
    tensors,
    rows: (ids) =>
      scaled(linear(plainEmbedding(permute(a, [1, 0]), ids), b, { dtype: "f32", compute: "fp32" }), scale),
    // The table is [vocab, dim]: what a product stored [in, out] would be.
    merge: () => addProduct({ weight: module.weight, layout: "in-out" }, { a, b, scale }),
  };
}
