/** @file One class of several for each example: accuracy, precision, recall, F1, Matthews' correlation, Cohen's kappa, all from
 *  the table of confusions C [classes, classes], C[i][j]: examples of class i taken for class j. As in scikit-learn. */

import { type Averages, averages, type FScore, fScore } from "./fScores.js";

export interface ClassScores extends Averages {
  readonly accuracy: number;
  /** The mean recall of the classes there are. */
  readonly balancedAccuracy: number;
  /** Gorodkin 2004; for two classes Matthews 1975. −1 to 1; 0 where one side knows one class alone. */
  readonly mcc: number;
  /** Cohen 1960. */
  readonly kappa: number;
  /** Every class, those that occur nowhere too. The averages run over those that occur. */
  readonly classes: readonly FScore[];
  readonly confusion: readonly (readonly number[])[];
}

/** Classes are 0 … `classes` − 1. Throws where there is no example, lengths differ or a class is none of these. */
export function classScores(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ClassScores {
  const confusion = confusionTable(labels, predictions, classes);
  const counts = confusion.map((row, c) => ({
    hits: row[c]!,
    predicted: sum(confusion.map((other) => other[c]!)),
    actual: sum(row),
  }));
  const there = counts.filter((c) => c.actual > 0);
  return {
    accuracy: sum(counts.map((c) => c.hits)) / labels.length,
    balancedAccuracy: sum(there.map((c) => c.hits / c.actual)) / there.length,
    mcc: mcc(counts, labels.length),
    kappa: cohenKappa(confusion),
    ...averages(counts.filter((c) => c.actual + c.predicted > 0)),
    classes: counts.map(fScore),
    confusion,
  };
}

function confusionTable(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  if (labels.length === 0 || labels.length !== predictions.length)
    throw new Error(`classScores: ${labels.length} labels, ${predictions.length} predictions`);
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = table[labels[i]!];
    if (row?.[predictions[i]!] === undefined)
      throw new Error(`classScores: class ${labels[i]} or ${predictions[i]} of ${classes} classes`);
    row[predictions[i]!]!++;
  }
  return table;
}

/** (s·c − Σ t·p) / √((s² − Σ p²)(s² − Σ t²)): s examples, c of them right, t there and p predicted of each class. */
function mcc(
  counts: readonly { hits: number; predicted: number; actual: number }[],
  examples: number,
): number {
  const total = (of: (c: { hits: number; predicted: number; actual: number }) => number) =>
    sum(counts.map(of));
  const both = examples * total((c) => c.hits) - total((c) => c.actual * c.predicted);
  const predicted = examples ** 2 - total((c) => c.predicted ** 2);
  const actual = examples ** 2 - total((c) => c.actual ** 2);
  return predicted === 0 || actual === 0 ? 0 : both / Math.sqrt(predicted * actual);
}

/** 1 − Σ w·observed / Σ w·expected by chance; a disagreement weighs 1, or by the distance between ordered classes (Cohen
 *  1968). NaN where one class alone occurs on both sides, so that there is nothing to agree about. */
export function cohenKappa(
  confusion: readonly (readonly number[])[],
  weights: "none" | "linear" | "quadratic" = "none",
): number {
  const rows = confusion.map((row) => sum(row));
  const columns = confusion.map((_, j) => sum(confusion.map((row) => row[j]!)));
  const examples = sum(rows);
  const weight = (i: number, j: number) =>
    weights === "none" ? Number(i !== j) : weights === "linear" ? Math.abs(i - j) : (i - j) ** 2;
  let [observed, chance] = [0, 0];
  confusion.forEach((row, i) => {
    row.forEach((count, j) => {
      observed += weight(i, j) * count;
      chance += (weight(i, j) * rows[i]! * columns[j]!) / examples;
    });
  });
  return chance === 0 ? Number.NaN : 1 - observed / chance;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
