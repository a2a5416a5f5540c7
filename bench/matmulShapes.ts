/** @file The products of `bench -- matmul`. */

export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** "nn" A·B, "nt" A·Bᵀ, "tn" Aᵀ·B. */
  readonly kind: "nn" | "nt" | "tn";
  readonly compute: "fp32" | "bf16";
}

const SQUARES = [256, 512, 768, 1024, 1536, 2048];
/** m×k×n of a training step: rows of a batch, width, width of the feed-forward. */
const TRAINING = [
  [2048, 384, 1536],
  [4096, 768, 3072],
  [2048, 256, 8192],
] as const;

export const isTraining = ({ m, k, n }: ProductShape) => !(m === k && k === n);

export function productShapes(compute: ProductShape["compute"]): ProductShape[] {
  const sizes = [...SQUARES.map((d) => [d, d, d] as const), ...TRAINING];
  return sizes.flatMap(([m, k, n]) =>
    (["nn", "nt", "tn"] as const).map((kind) => ({ m, k, n, kind, compute })),
  );
}
