/** @file DoRA (Liu et al. 2024): a weight's length and direction are trained apart. With V = W + s·B·A,
 *    y = m/‖V‖ ⊙ (x·Wᵀ + s·(x̂·Aᵀ)·Bᵀ) + b,   ‖V‖ [out] over the inputs, m [out] beginning at ‖W‖;
 *  the norm is a constant to the gradient (section 4.3). It needs no V: with U = W·Aᵀ and G = A·Aᵀ, both thin,
 *    ‖V‖² = ‖W‖² + Σ_rank sB ⊙ (2·U + sB·G). */

import { borrow, type Engine, mul, plainLinear, type Tensor } from "../../tensor/index.js";
import { finish, type ReplacedLayer } from "./layer.js";
import { type LoraParts, loraProducts } from "./lora.js";
import type { Module } from "./modules.js";
import { addProduct, joined, type Product, scaleWeight } from "./weights.js";

/** As `loraLayer`, with `lora_magnitude_vector`; the base's weights must not change while it lives. */
export function doraLayer(
  module: Module,
  tensors: ReadonlyMap<string, Tensor>,
  { scale, drop, initial }: LoraParts,
): ReplacedLayer {
  const products = loraProducts(tensors, scale, initial);
  const magnitude = tensors.get("lora_magnitude_vector")!;
  const { engine } = module.weight;
  let squares: Float32Array | undefined; // of W's rows
  const factors = () => {
    squares ??= rowSquares(module);
    return mul(magnitude, inverseNorms(module, products, squares));
  };
  return {
    kind: "replaced",
    module,
    tensors,
    linear(x, weight, options) {
      const dropped = drop(x);
      const { layout, compute } = options;
      const product = plainLinear(x, weight, {
        ...(layout && { layout }),
        ...(compute && { compute }),
        dtype: "f32",
        lowRank: products.map((p) => (dropped === x ? p : { ...p, x: dropped })),
      });
      return finish(mul(product, factors()), options);
    },
    merge() {
      engine.noGrad(() =>
        engine.scope(() => {
          const by = factors();
          for (const p of products) addProduct(module, p);
          scaleWeight(module, "outputs", by);
        }),
      );
    },
  };
}

/** ‖W‖ [out], in f32: where the magnitude begins. */
export function weightNorms(module: Module): Float32Array {
  return rowSquares(module).map(Math.sqrt);
}

function rowSquares({ weight, layout }: Module): Float32Array {
  const { engine } = weight;
  const { backend } = engine;
  const [rows, cols] = weight.shape as [number, number];
  return engine.scope(
    (): Float32Array =>
      borrow(weight, () => {
        const squared = engine.empty(weight.shape);
        backend.binary({
          op: "mul",
          a: weight,
          b: weight,
          y: squared,
          length: weight.size,
          bLength: weight.size,
        });
        const sums = engine.empty([layout === "out-in" ? rows : cols]);
        if (layout === "out-in") backend.sumCols({ x: squared, y: sums, rows, cols });
        else backend.sumRows({ x: squared, y: sums, rows, cols, ld: cols, accumulate: false });
        return sums.readFloats();
      }),
  );
}

/** 1/‖V‖ [out]; not recorded. */
function inverseNorms(module: Module, products: readonly Product[], squares: Float32Array): Tensor {
  const { engine } = module.weight;
  return engine.noGrad(() =>
    engine.scope(() => {
      const { a, b } = joined(engine, products);
      const sums = crossTerms(engine, module, a, b);
      const norms = sums.readFloats().map((cross, i) => 1 / Math.sqrt(Math.max(0, squares[i]! + cross)));
      return engine.tensor(norms);
    }),
  );
}

/** Σ_rank B ⊙ (2·W·Aᵀ + B·A·Aᵀ), [out]. */
function crossTerms(engine: Engine, { weight, layout }: Module, a: Tensor, b: Tensor): Tensor {
  const { backend } = engine;
  const [rank, inputs, outputs] = [a.shape[0]!, a.columns, b.shape[0]!];
  const compute = "fp32";
  const gram = engine.empty([rank, rank]);
  backend.matmul({
    a,
    b: a,
    c: gram,
    m: rank,
    n: rank,
    k: inputs,
    transB: true,
    lda: inputs,
    ldb: inputs,
    ldc: rank,
    compute,
  });
  const t = engine.empty([outputs, rank]);
  backend.matmul({
    a: b,
    b: gram,
    c: t,
    m: outputs,
    n: rank,
    k: rank,
    lda: rank,
    ldb: rank,
    ldc: rank,
    compute,
  });
  borrow(weight, () =>
    backend.matmul({
      a: weight,
      b: a,
      c: t,
      m: outputs,
      n: rank,
      k: inputs,
      transA: layout === "in-out",
      transB: true,
      lda: weight.columns,
      ldb: inputs,
      ldc: rank,
      alpha: 2,
      accumulate: true,
      compute,
    }),
  );
  backend.binary({ op: "mul", a: t, b, y: t, length: t.size, bLength: t.size });
  const sums = engine.empty([outputs]);
  backend.sumCols({ x: t, y: sums, rows: outputs, cols: rank });
  return sums;
}
