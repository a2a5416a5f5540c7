/** @file How well scores order the examples of a class before the others: the ROC curve and the area under it (Hanley &
 *  McNeil 1982), average precision. As in scikit-learn. */

import { averageRanks } from "./ranks.js";

/** The chance that an example of the class (label 1) scores above one of the others, ties counted half:
 *  (Σ ranks of the class − n₁(n₁+1)/2) / (n₁·n₀). Undefined where one side is empty. */
export function rocAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number | undefined {
  const ranks = averageRanks(scores);
  let [positives, sum] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 1) continue;
    positives++;
    sum += ranks[i]!;
  }
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Probabilities [examples, classes] of one class of several. `ovr`: each class against the rest; `ovo`: each pair of classes,
 *  both ways round (Hand & Till 2001). The mean of all; undefined where a class has no example. */
export function rocAucOfClasses(
  labels: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
  kind: "ovr" | "ovo",
): number | undefined {
  const classes = Array.from({ length: probabilities[0]?.length ?? 0 }, (_, c) => c);
  const all = Array.from(labels, (_, i) => i);
  const areaOf = (positive: number, examples: readonly number[]) =>
    rocAuc(
      examples.map((i) => Number(labels[i] === positive)),
      examples.map((i) => probabilities[i]![positive]!),
    );
  const areas =
    kind === "ovr"
      ? classes.map((c) => areaOf(c, all))
      : classes.flatMap((a) =>
          classes.slice(a + 1).flatMap((b) => {
            const examples = all.filter((i) => labels[i] === a || labels[i] === b);
            return [areaOf(a, examples), areaOf(b, examples)];
          }),
        );
  return areas.reduce<number | undefined>(
    (sum, area) => (sum === undefined || area === undefined ? undefined : sum + area / areas.length),
    0,
  );
}

export interface RocCurve {
  /** From Infinity down: an example is taken for one of the class from this score on. */
  readonly thresholds: readonly number[];
  /** Share of the others taken for one of the class; of the class itself. */
  readonly falsePositiveRates: readonly number[];
  readonly truePositiveRates: readonly number[];
}

/** A point for each score that occurs, but for those between two equal steps, which lie on the line anyway. Rates are NaN
 *  where one side is empty. */
export function rocCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): RocCurve {
  const [origin, ...all] = thresholdSteps(labels, scores);
  const { hits: positives, alarms: negatives } = all.at(-1) ?? origin!;
  const bends = (key: "hits" | "alarms", i: number) =>
    all[i - 1]?.[key] === undefined ||
    all[i + 1]?.[key] === undefined ||
    all[i - 1]![key] + all[i + 1]![key] !== 2 * all[i]![key];
  const steps = [origin!, ...all.filter((_, i) => bends("hits", i) || bends("alarms", i))];
  return {
    thresholds: steps.map((s) => s.threshold),
    falsePositiveRates: steps.map((s) => s.alarms / negatives),
    truePositiveRates: steps.map((s) => s.hits / positives),
  };
}

/** Σ (R_n − R_{n−1})·P_n over falling thresholds. Undefined without an example of the class. */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number | undefined {
  const steps = thresholdSteps(labels, scores);
  const positives = steps.at(-1)!.hits;
  if (positives === 0) return undefined;
  return steps
    .slice(1)
    .reduce(
      (sum, { hits, alarms }, i) => sum + ((hits - steps[i]!.hits) / positives) * (hits / (hits + alarms)),
      0,
    );
}

/** For each score that occurs, highest first: how many of the class, and of the others, score as much. */
function thresholdSteps(labels: ArrayLike<number>, scores: ArrayLike<number>) {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const steps = [{ threshold: Number.POSITIVE_INFINITY, hits: 0, alarms: 0 }];
  for (const i of order) {
    const last = steps.at(-1)!;
    const step = last.threshold === scores[i] ? last : { ...last, threshold: scores[i]! };
    if (labels[i] === 1) step.hits++;
    else step.alarms++;
    if (step !== last) steps.push(step);
  }
  return steps;
}
