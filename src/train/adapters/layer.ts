/** @file What an adapter does to one module, in three kinds; and the hook (tensor/adapter.ts) that one or several of them make
 *  of the module's weight.
 *    products   adds products of low rank to the module's: y = x·Wᵀ + b + Σ s·(x·Aᵀ)·Bᵀ
 *    rows       adds rows to an embedding's
 *    replaced   computes the module in a way of its own
 *  Several adapters may be active at once where all of them only add. */

import { UserError } from "../../platform/errors.js";
import {
  add,
  cast,
  dropout,
  type LinearOptions,
  type LowRank,
  plainEmbedding,
  plainLinear,
  type Tensor,
  unary,
  type WeightAdapter,
} from "../../tensor/index.js";
import type { Module } from "./modules.js";

interface Layer {
  readonly module: Module;
  /** What is trained and stored, under the end of its published name: `lora_A.weight`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Writes into the weight (and bias) what the module with the adapter does. */
  merge(): void;
}

export interface ProductsLayer extends Layer {
  readonly kind: "products";
  terms(x: Tensor): readonly LowRank[];
  /** Added to the bias, [out]. */
  readonly offset?: (() => Tensor) | undefined;
}

export interface RowsLayer extends Layer {
  readonly kind: "rows";
  /** [..., dim] for ids [...]. */
  rows(ids: Tensor): Tensor;
}

export interface ReplacedLayer extends Layer {
  readonly kind: "replaced";
  linear(x: Tensor, weight: Tensor, options: LinearOptions): Tensor;
}

export type AdapterLayer = ProductsLayer | RowsLayer | ReplacedLayer;

/** Throws UserError `adapters-exclude-each-other`. */
export function hookOf(layers: readonly AdapterLayer[]): WeightAdapter {
  const { path, layout } = layers[0]!.module;
  const parameters = layers.flatMap((layer) => [...layer.tensors.values()]);
  const products = layers.filter((layer) => layer.kind === "products");
  const rows = layers.filter((layer) => layer.kind === "rows");
  const replaced = layers.find((layer) => layer.kind === "replaced");
  if (replaced !== undefined && layers.length > 1)
    throw new UserError({
      code: "adapters-exclude-each-other",
      at: path,
      message: "is adapted by a method that cannot be active together with another adapter",
      fix: "activate one adapter, or combine those of plain LoRA",
    });
  if (rows.length > 0)
    return {
      parameters,
      embedding: (table, ids, options) =>
        rows.reduce((y, layer) => add(y, layer.rows(ids)), plainEmbedding(table, ids, options)),
    };
  const check = (given: LinearOptions["layout"] = "out-in") => {
    if (given !== layout) throw new Error(`${path} is used ${given} and was adapted ${layout}`);
  };
  return {
    parameters,
    linear(x, weight, options) {
      check(options.layout);
      if (replaced !== undefined) return replaced.linear(x, weight, options);
      const bias = products.reduce(
        (sum, { offset }) => (offset === undefined ? sum : sum === undefined ? offset() : add(sum, offset())),
        options.bias,
      );
      return plainLinear(x, weight, {
        ...options,
        bias,
        lowRank: products.flatMap((layer) => layer.terms(x)),
      });
    },
  };
}

/** What `linear` does after its product, given that in f32. */
export function finish(product: Tensor, options: LinearOptions): Tensor {
  const { bias, activation, residual, dropout: mask } = options;
  let y = bias === undefined ? product : add(product, bias);
  if (activation !== undefined) y = unary(activation, y);
  const onto = residual && cast(residual, "f32");
  if (mask !== undefined) y = dropout(y, mask, onto);
  else if (onto !== undefined) y = add(y, onto);
  if (onto !== undefined) return y;
  return options.dtype === undefined && y.engine.activations === "bf16" ? cast(y, "bf16") : y;
}
