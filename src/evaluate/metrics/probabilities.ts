/** @file How good probabilities [examples, classes] are, not only which is highest: log loss, Brier's score (1950), and
 *  calibration (Guo et al. 2017), whether of what is said with 80 percent certainty 80 percent are right. */

type Row = ArrayLike<number>;

/** The softmax of logits, row by row, in doubles. */
export function softmaxRow(logits: Row): Float64Array {
  const top = Math.max(...Array.from(logits));
  const row = Float64Array.from(logits, (x) => Math.exp(x - top));
  const total = row.reduce((a, b) => a + b, 0);
  return row.map((x) => x / total);
}

/** The mean of −log p of the right class, p at least 2⁻⁵² as in scikit-learn. In nats. */
export function logLoss(labels: ArrayLike<number>, probabilities: readonly Row[]): number {
  return mean(probabilities, (row, i) => -Math.log(Math.max(row[labels[i]!]!, Number.EPSILON)));
}

/** The mean over examples of Σ (p − [right class])² over the classes: 0 to 2. */
export function brierScore(labels: ArrayLike<number>, probabilities: readonly Row[]): number {
  return mean(probabilities, (row, i) =>
    Array.from(row).reduce((sum, p, c) => sum + (p - Number(c === labels[i])) ** 2, 0),
  );
}

/** Of two classes, by the probability of label 1: 0 to 1. */
export function binaryBrierScore(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  return mean(Array.from(scores), (p, i) => (p - labels[i]!) ** 2);
}

/** Share of examples whose class is among the `k` most probable. */
export function topKAccuracy(labels: ArrayLike<number>, scores: readonly Row[], k: number): number {
  return mean(scores, (row, i) => {
    const own = row[labels[i]!]!;
    return Number(Array.from(row).filter((p) => p > own).length < k);
  });
}

export interface Calibration {
  /** Expected and largest gap between accuracy and mean confidence of a bin. */
  readonly expectedError: number;
  readonly largestError: number;
  /** Examples with a confidence in (i/bins, (i+1)/bins]. */
  readonly counts: readonly number[];
}

/** `confidences`: what was said of each answer, the highest probability of a row say, above 0 to 1; `right`: whether it was. */
export function calibration(
  confidences: ArrayLike<number>,
  right: readonly boolean[],
  bins: number,
): Calibration {
  const sums = Array.from({ length: bins }, () => ({ count: 0, right: 0, said: 0 }));
  for (let i = 0; i < right.length; i++) {
    const said = confidences[i]!;
    const bin = sums.findIndex((_, b) => said <= (b + 1) / bins);
    const held = sums[bin < 0 ? bins - 1 : bin]!; // above 1 by rounding
    held.count++;
    held.said += said;
    held.right += Number(right[i]);
  }
  const gaps = sums.map((bin) => (bin.count === 0 ? 0 : Math.abs(bin.right - bin.said) / bin.count));
  return {
    expectedError: sums.reduce((sum, { count }, b) => sum + gaps[b]! * count, 0) / right.length,
    largestError: Math.max(...gaps),
    counts: sums.map((s) => s.count),
  };
}

function mean<T>(items: readonly T[], of: (item: T, i: number) => number): number {
  if (items.length === 0) throw new Error("no example to measure");
  return items.reduce((sum, item, i) => sum + of(item, i), 0) / items.length;
}
