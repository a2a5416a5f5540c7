/** @file Precision, recall and F1 of classes from counts, and their averages:
 *    P = hits / predicted,  R = hits / actual,  F1 = 2·P·R / (P + R) = 2·hits / (predicted + actual);
 *  micro: of the sums of the counts; macro: the mean over the classes; weighted: by `actual`. What divides by zero is 0, as in
 *  scikit-learn: a class that nothing predicts has no precision to speak of. */

export interface Counts {
  /** Predicted rightly. */
  readonly hits: number;
  readonly predicted: number;
  /** Those there are. */
  readonly actual: number;
}

export interface FScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Those there are. */
  readonly support: number;
}

export interface Averages {
  readonly micro: FScore;
  readonly macro: FScore;
  readonly weighted: FScore;
}

export function fScore({ hits, predicted, actual }: Counts): FScore {
  return {
    precision: ratio(hits, predicted),
    recall: ratio(hits, actual),
    f1: ratio(2 * hits, predicted + actual),
    support: actual,
  };
}

/** Macro runs over all counts given; leave a class out that occurs nowhere. */
export function averages(counts: readonly Counts[]): Averages {
  const scores = counts.map(fScore);
  const support = counts.reduce((sum, c) => sum + c.actual, 0);
  const mean = (weight: (score: FScore) => number, total: number): FScore => {
    const of = (key: "precision" | "recall" | "f1") =>
      ratio(
        scores.reduce((sum, score) => sum + weight(score) * score[key], 0),
        total,
      );
    return { precision: of("precision"), recall: of("recall"), f1: of("f1"), support };
  };
  return {
    micro: fScore({
      hits: counts.reduce((sum, c) => sum + c.hits, 0),
      predicted: counts.reduce((sum, c) => sum + c.predicted, 0),
      actual: support,
    }),
    macro: mean(() => 1, scores.length),
    weighted: mean((score) => score.support, support),
  };
}

function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
