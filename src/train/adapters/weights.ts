/** @file Changing a module's weight as it lies in memory: adding a product of low rank, scaling what goes in or comes out. All in
 *  f32, whatever the compute. */

import type { Engine, LowRank, Tensor } from "../../tensor/index.js";
import type { Module } from "./modules.js";

/** A product of low rank and its factor. */
export type Product = Pick<LowRank, "a" | "b" | "scale">;

type Weight = Pick<Module, "layout" | "weight">;

/** W += s·B·A (stored [in, out]: its transpose). */
export function addProduct({ weight, layout }: Weight, { a, b, scale }: Product): void {
  const [rank, inputs, outputs] = [a.shape[0]!, a.columns, b.shape[0]!];
  const outIn = layout === "out-in";
  weight.engine.backend.matmul({
    a: outIn ? b : a,
    b: outIn ? a : b,
    c: weight,
    m: outIn ? outputs : inputs,
    n: outIn ? inputs : outputs,
    k: rank,
    transA: !outIn,
    transB: !outIn,
    lda: outIn ? rank : inputs,
    ldb: outIn ? inputs : rank,
    ldc: weight.columns,
    alpha: scale,
    accumulate: true,
    compute: "fp32",
  });
}

/** Several products as one: A [rank, in] and B [out, rank] with the factors in B. */
export function joined(engine: Engine, products: readonly Product[]): { a: Tensor; b: Tensor } {
  const rank = products.reduce((sum, { a }) => sum + a.shape[0]!, 0);
  const [inputs, outputs] = [products[0]!.a.columns, products[0]!.b.shape[0]!];
  const a = engine.empty([rank, inputs]);
  const b = engine.empty([outputs, rank]);
  let at = 0;
  for (const p of products) {
    const own = p.a.shape[0]!;
    const place = (t: Tensor, offset: number) => ({ storage: t.storage, offset: t.offset + offset });
    engine.backend.copy(p.a, place(a, at * inputs), p.a.size);
    engine.scope(() => {
      const scaled = engine.empty(p.b.shape);
      engine.backend.affine({ x: p.b, y: scaled, alpha: p.scale, constant: 0, length: scaled.size });
      engine.backend.stridedCopy({
        x: scaled,
        y: place(b, at),
        shape: [outputs, own],
        xStrides: [own, 1],
        yStrides: [rank, 1],
        accumulate: false,
      });
    });
    at += own;
  }
  return { a, b };
}

/** What comes out (or, "inputs", what goes in) is multiplied by factors [out] (or [in]). */
export function scaleWeight({ weight, layout }: Weight, side: "inputs" | "outputs", factors: Tensor): void {
  const { engine, shape } = weight;
  const [rows, columns] = shape as [number, number];
  const alongRows = (side === "outputs") === (layout === "out-in");
  engine.scope(() => {
    const spread = alongRows ? engine.empty([rows, columns]) : factors;
    if (alongRows)
      engine.backend.stridedCopy({
        x: factors,
        y: spread,
        shape: [rows, columns],
        xStrides: [1, 0],
        yStrides: [columns, 1],
        accumulate: false,
      });
    const sizes = { length: weight.size, bLength: spread.size };
    engine.backend.binary({ op: "mul", a: weight, b: spread, y: weight, ...sizes });
  });
}
