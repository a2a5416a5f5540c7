/** @file Logistic regression with an L2 penalty, to the same optimum as scikit-learn's LogisticRegression:
 *    min  (Σᵢ wᵢ·lossᵢ + ‖W‖² / 2C) / Σᵢ wᵢ,  lossᵢ = −ln p(yᵢ | xᵢ);
 *  of more than two classes p = softmax(W·x + b), of two p = 1 / (1 + e^−(w·x + b)), one vector w. b is not penalised. Convex, so
 *  that there is one minimum and its gradient tells how near it is. */

import { type Minimum, minimise } from "./lbfgs.js";
import type { SparseMatrix, SparseRow } from "./sparse.js";

export interface LogisticOptions {
  /** How little large weights cost. Default 1. */
  readonly c?: number | undefined;
  /** `"balanced"`: examples weigh n / (classes · examples of their class). Default: 1 each. */
  readonly classWeight?: "balanced" | undefined;
  /** Largest entry of the gradient at which the minimum is found. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Default 1000. */
  readonly maxIterations?: number | undefined;
}

export interface LogisticModel {
  readonly classes: number;
  readonly columns: number;
  /** [columns + 1, vectors], the last row b; one vector for two classes, else as many as classes. */
  readonly weights: Float64Array;
  /** How it was found. */
  readonly fit: Omit<Minimum, "x">;
}

/** `labels`: 0 … classes − 1. Throws where lengths differ, a label is none of these, or there are not two classes. */
export function fitLogistic(
  matrix: SparseMatrix,
  labels: ArrayLike<number>,
  classes: number,
  options: LogisticOptions = {},
): LogisticModel {
  if (classes < 2 || labels.length !== matrix.rows.length || labels.length === 0)
    throw new Error(`fitLogistic: ${matrix.rows.length} rows, ${labels.length} labels, ${classes} classes`);
  if (Array.from(labels).some((label) => !(label >= 0 && label < classes)))
    throw new Error(`fitLogistic: a label is none of ${classes} classes`);
  const { c = 1, tolerance = 1e-6, maxIterations = 1000 } = options;
  const vectors = classes === 2 ? 1 : classes;
  const weights = exampleWeights(labels, classes, options.classWeight);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const scores = new Float64Array(vectors);
  const { x, ...fit } = minimise(
    (w, gradient) => {
      let value = 0;
      gradient.fill(0);
      matrix.rows.forEach((row, i) => {
        scoresOf(row, w, matrix.columns, scores);
        value += weights[i]! * lossAndSlope(scores, labels[i]!);
        addOuter(row, scores, weights[i]!, gradient, matrix.columns);
      });
      const penalised = matrix.columns * vectors;
      for (let k = 0; k < penalised; k++) {
        value += w[k]! ** 2 / (2 * c);
        gradient[k]! += w[k]! / c;
      }
      for (let k = 0; k < gradient.length; k++) gradient[k]! /= total;
      return value / total;
    },
    new Float64Array((matrix.columns + 1) * vectors),
    { tolerance, maxIterations },
  );
  return { classes, columns: matrix.columns, weights: x, fit };
}

/** Of each class; they sum to 1. */
export function logisticProbabilities(model: LogisticModel, row: SparseRow): Float64Array {
  const scores = new Float64Array(model.classes === 2 ? 1 : model.classes);
  scoresOf(row, model.weights, model.columns, scores);
  if (model.classes === 2) {
    const p = sigmoid(scores[0]!);
    return Float64Array.of(1 - p, p);
  }
  softmax(scores);
  return scores;
}

function exampleWeights(
  labels: ArrayLike<number>,
  classes: number,
  kind: "balanced" | undefined,
): Float64Array {
  if (kind === undefined) return new Float64Array(labels.length).fill(1);
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return Float64Array.from(labels, (label) => labels.length / (classes * counts[label]!));
}

/** W·x + b. */
function scoresOf({ columns, values }: SparseRow, w: Float64Array, bias: number, scores: Float64Array): void {
  const n = scores.length;
  for (let k = 0; k < n; k++) scores[k] = w[bias * n + k]!;
  for (let j = 0; j < columns.length; j++) {
    const [at, value] = [columns[j]! * n, values[j]!];
    for (let k = 0; k < n; k++) scores[k]! += value * w[at + k]!;
  }
}

/** −ln p(label); the scores become its slopes, p − [the label's]. */
function lossAndSlope(scores: Float64Array, label: number): number {
  if (scores.length === 1) {
    const score = scores[0]!;
    scores[0] = sigmoid(score) - label;
    // ln(1 + e^−s) for label 1, ln(1 + e^s) for 0, without overflow.
    const signed = label === 1 ? score : -score;
    return signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed;
  }
  const own = scores[label]!;
  const loss = softmax(scores) - own;
  scores[label]! -= 1;
  return loss;
}

/** In place; returns ln Σ e^score. */
function softmax(scores: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < scores.length; k++) top = Math.max(top, scores[k]!);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k]! - top);
    sum += scores[k]!;
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
  return top + Math.log(sum);
}

function sigmoid(score: number): number {
  return score >= 0 ? 1 / (1 + Math.exp(-score)) : Math.exp(score) / (1 + Math.exp(score));
}

function addOuter(
  { columns, values }: SparseRow,
  slopes: Float64Array,
  weight: number,
  gradient: Float64Array,
  bias: number,
): void {
  const n = slopes.length;
  for (let k = 0; k < n; k++) gradient[bias * n + k]! += weight * slopes[k]!;
  for (let j = 0; j < columns.length; j++) {
    const [at, value] = [columns[j]! * n, weight * values[j]!];
    for (let k = 0; k < n; k++) gradient[at + k]! += value * slopes[k]!;
  }
}
