/** @file `npm run bench -- matmul`: matrix products of the sizes that training uses, in GFLOP/s, as a share of the fastest
 *  product seen in the same run at a size that fits every cache well (the practical peak of this moment). */

import { createEngine } from "../src/tensor/index.js";
import type { BenchOptions, Outcome } from "./outcome.js";

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** "nn" A·B, "nt" A·Bᵀ, "tn" Aᵀ·B. */
  readonly kind: "nn" | "nt" | "tn";
}

const SHAPES: readonly Shape[] = [
  ...[256, 512, 1024, 2048].map((d) => ({ m: d, n: d, k: d, kind: "nn" as const })),
  ...(["nn", "nt"] as const).flatMap((kind) => [
    { m: 2048, n: 1536, k: 384, kind },
    { m: 4096, n: 3072, k: 768, kind },
    { m: 2048, n: 8192, k: 256, kind },
  ]),
  { m: 384, n: 1536, k: 2048, kind: "tn" },
  { m: 768, n: 3072, k: 4096, kind: "tn" },
];
const REFERENCE: Shape = { m: 384, n: 384, k: 256, kind: "nt" };

export async function* run({ quick }: BenchOptions): AsyncGenerator<Outcome> {
  for (const compute of ["fp32", "bf16"] as const) {
    const engine = createEngine({ compute });
    const rounds = quick ? 3 : 9;
    const peakRuns = quick ? 5 : 15;
    for (const shape of quick ? SHAPES.slice(0, 4) : SHAPES) {
      const { ours, peak } = engine.scope(() => {
        const measure = prepare(shape);
        const reference = prepare(REFERENCE);
        let [best, top] = [0, 0];
        for (let r = 0; r < rounds; r++) {
          for (let i = 0; i < peakRuns; i++) top = Math.max(top, reference());
          best = Math.max(best, measure());
        }
        return { ours: best, peak: top };
      });
      yield {
        name: `matmul/${compute}/${shape.m}x${shape.n}x${shape.k}/${shape.kind}`,
        ours,
        peer: peak,
        ratio: ours / peak,
        unit: "GFLOP/s",
        note: "the peer is the best small product of this run",
      };
    }
    engine.dispose();

    function prepare({ m, n, k, kind }: Shape): () => number {
      const [transA, transB] = [kind === "tn", kind === "nt"];
      const [a, b, c] = [engine.full([m, k], 0.5), engine.full([k, n], 0.25), engine.empty([m, n])];
      const params = {
        a,
        b,
        c,
        m,
        n,
        k,
        transA,
        transB,
        lda: transA ? m : k,
        ldb: transB ? k : n,
        ldc: n,
        compute,
      };
      return () => {
        const started = performance.now();
        engine.backend.matmul(params);
        return (2 * m * n * k) / (performance.now() - started) / 1e6;
      };
    }
  }
}
