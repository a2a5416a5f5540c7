/** @file Any number of classes for each example, as a row of zeros and ones. As in scikit-learn. */

import { type Averages, averages, type FScore, fScore } from "./fScores.js";

export interface MultiLabelScores extends Averages {
  /** Share of rows that are right in every class. */
  readonly subsetAccuracy: number;
  /** Share of single entries that are wrong. */
  readonly hammingLoss: number;
  /** The mean over the examples of each one's own F1; 0 for an example without classes on either side. */
  readonly samplesF1: number;
  readonly classes: readonly FScore[];
}

type Row = ArrayLike<number>;

/** Rows [examples, classes]. Throws where there is no example or shapes differ. */
export function multiLabelScores(labels: readonly Row[], predictions: readonly Row[]): MultiLabelScores {
  const classes = labels[0]?.length ?? 0;
  const fits = (rows: readonly Row[]) =>
    rows.length === labels.length && rows.every((row) => row.length === classes);
  if (classes === 0 || !fits(labels) || !fits(predictions))
    throw new Error("multiLabelScores: labels and predictions are not of one shape");
  const counted = (pairs: readonly (readonly [label: number, prediction: number])[]) => ({
    hits: pairs.filter(([label, prediction]) => label === 1 && prediction === 1).length,
    predicted: pairs.filter(([, prediction]) => prediction === 1).length,
    actual: pairs.filter(([label]) => label === 1).length,
  });
  const columns = Array.from({ length: classes }, (_, c) =>
    counted(labels.map((row, i) => [row[c]!, predictions[i]![c]!] as const)),
  );
  const rows = labels.map((row, i) =>
    counted(Array.from(row, (label, c) => [label, predictions[i]![c]!] as const)),
  );
  const wrongOf = ({ hits, predicted, actual }: (typeof rows)[number]) => predicted + actual - 2 * hits;
  return {
    subsetAccuracy: rows.filter((row) => wrongOf(row) === 0).length / rows.length,
    hammingLoss: rows.reduce((sum, row) => sum + wrongOf(row), 0) / (rows.length * classes),
    samplesF1: rows.reduce((sum, row) => sum + fScore(row).f1, 0) / rows.length,
    classes: columns.map(fScore),
    ...averages(columns),
  };
}
