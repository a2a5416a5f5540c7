/** @file Cross-entropy of classes that do not count alike, with smoothed labels (Szegedy et al. 2015), as torch has both together:
 *    loss = Σ_r ((1 − ε)·w[y_r]·(−log p[r, y_r]) + ε/K·Σ_c w[c]·(−log p[r, c])) / normaliser
 *  over rows with a label ≥ 0; the normaliser is Σ_r w[y_r] unless the caller has another (of all parts of a batch). The
 *  vocabulary of a language model has a form of its own (linearCrossEntropy, labelSmoothing.ts): this one holds all logits. */

import { mul, scale, softmax, sum, type Tensor } from "../tensor/index.js";

export interface ClassLossOptions {
  /** Of each class; default 1. */
  readonly weights?: ArrayLike<number> | undefined;
  /** ε; default 0. */
  readonly smoothing?: number | undefined;
  readonly normaliser?: number | undefined;
}

/** logits [..., classes], labels [...] (negative: none). A scalar; NaN where nothing counts. */
export function classCrossEntropy(
  logits: Tensor,
  labels: ArrayLike<number>,
  options: ClassLossOptions = {},
): Tensor {
  const { smoothing = 0, normaliser = weightOf(labels, options.weights) } = options;
  const { rows, columns: classes, engine } = logits;
  if (labels.length !== rows) throw new Error(`${labels.length} labels for logits [${logits.shape}]`);
  const weight = (c: number) => options.weights?.[c] ?? 1;
  const counts = new Float32Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    const label = labels[r]!;
    if (label < 0) continue;
    for (let c = 0; c < classes && smoothing > 0; c++)
      counts[r * classes + c] = (smoothing / classes) * weight(c);
    counts[r * classes + label]! += (1 - smoothing) * weight(label);
  }
  const product = mul(softmax(logits, { log: true }), engine.tensor(counts, logits.shape));
  return scale(sum(product), -1 / normaliser);
}

/** What labels count for together: their number, or the sum of their classes' weights. */
export function weightOf(labels: ArrayLike<number>, weights?: ArrayLike<number>): number {
  let total = 0;
  for (let r = 0; r < labels.length; r++) if (labels[r]! >= 0) total += weights?.[labels[r]!] ?? 1;
  return total;
}

/** Weights by which every class counts the same in a set of labels: n / (classes · n_c), as scikit-learn's "balanced". A class that
 *  has no label gets 0. */
export function balancedWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  let total = 0;
  for (let r = 0; r < labels.length; r++)
    if (labels[r]! >= 0) {
      counts[labels[r]!]!++;
      total++;
    }
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : total / (classes * count)));
}
