/** @file Cases of kind `classification`: one class of several, probabilities, several classes at once, numbers. */

import {
  averagePrecision,
  binaryBrierScore,
  brierScore,
  calibration,
  classScores,
  cohenKappa,
  kendallTau,
  logLoss,
  multiLabelScores,
  regressionScores,
  rocAuc,
  rocAucOfClasses,
  rocCurve,
  softmaxRow,
  topKAccuracy,
} from "../../../metrics/index.js";
import { type Comparison, createComparison } from "../../compare.js";
import { CaseError, type CaseKind, type CheckResult } from "../kind.js";
import { type Row, rowsOf } from "../rows.js";

type Numbers = Readonly<Record<string, number>>;

export const classificationKind: CaseKind = {
  name: "classification",
  matches: (json) => json.kind === "classification",
  *run(context) {
    const limit = Number((context.json.tolerance as { abs: number }).abs);
    const expected = context.json.expected as { multilabel: Row; regression: Row };
    for (const row of rowsOf(context, "classification.jsonl")) yield ofClasses(row, limit);
    yield ofMultiLabel(expected.multilabel, limit);
    yield ofRegression(expected.regression, limit);
  },
};

/** Every number expected is compared: one that nothing here computes fails the case. */
function compareAll(
  c: Comparison,
  mine: Readonly<Record<string, unknown>>,
  row: Row,
  given: readonly string[],
  limit: number,
): void {
  for (const [name, expected] of Object.entries(row)) {
    if (given.includes(name)) continue;
    if (!(name in mine)) throw new CaseError(`${name} is measured by nothing here`);
    c.arrays(name, numbersOf(mine[name]), numbersOf(expected), limit);
  }
}

/** In order of keys; a value that is not there is NaN. */
function numbersOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  if (typeof value !== "object" || value === null) return [Number(value)];
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, item]) => numbersOf(item));
}

function ofClasses(row: Row, limit: number): CheckResult {
  const c = createComparison(String(row.id));
  const labels = row.labels as number[];
  const probabilities = (row.logits as number[][]).map(softmaxRow);
  const predictions = row.predictions as number[];
  const scores = classScores(labels, predictions, Number(row.classes));
  const of = ({ precision, recall, f1 }: { precision: number; recall: number; f1: number }) => ({
    precision,
    recall,
    f1,
  });
  const column = (key: "precision" | "recall" | "f1" | "support") => scores.classes.map((one) => one[key]);
  const calibrated = (bins: number) => {
    const found = calibration(
      probabilities.map((p) => Math.max(...p)),
      predictions.map((p, i) => p === labels[i]),
      bins,
    );
    return {
      [`ece_${bins}`]: found.expectedError,
      [`mce_${bins}`]: found.largestError,
      [`ece_${bins}_bins`]: found.counts,
    };
  };
  const mine = {
    accuracy: scores.accuracy,
    balanced_accuracy: scores.balancedAccuracy,
    mcc: scores.mcc,
    cohen_kappa: scores.kappa,
    cohen_kappa_linear: cohenKappa(scores.confusion, "linear"),
    cohen_kappa_quadratic: cohenKappa(scores.confusion, "quadratic"),
    confusion: scores.confusion,
    macro: of(scores.macro),
    micro: of(scores.micro),
    weighted: of(scores.weighted),
    per_class: {
      precision: column("precision"),
      recall: column("recall"),
      f1: column("f1"),
      support: column("support"),
    },
    log_loss: logLoss(labels, probabilities),
    top2_accuracy: topKAccuracy(labels, probabilities, 2),
    brier_multiclass: brierScore(labels, probabilities),
    roc_auc_ovr_macro: rocAucOfClasses(labels, probabilities, "ovr"),
    roc_auc_ovo_macro: rocAucOfClasses(labels, probabilities, "ovo"),
    ...calibrated(10),
    ...calibrated(15),
    ...(row.scores === undefined ? {} : ofScores(labels, row.scores as number[])),
  };
  compareAll(c, mine, row, ["id", "classes", "labels", "logits", "predictions", "scores"], limit);
  return c.result();
}

function ofScores(labels: readonly number[], scores: readonly number[]) {
  const curve = rocCurve(labels, scores);
  return {
    roc_auc: rocAuc(labels, scores),
    average_precision: averagePrecision(labels, scores),
    brier: binaryBrierScore(labels, scores),
    roc_curve: {
      fpr: curve.falsePositiveRates,
      tpr: curve.truePositiveRates,
      thresholds: curve.thresholds,
    },
  };
}

function ofMultiLabel(row: Row, limit: number): CheckResult {
  const c = createComparison("multi-label");
  const scores = multiLabelScores(row.labels as number[][], row.predictions as number[][]);
  const mine: Numbers = {
    subset_accuracy: scores.subsetAccuracy,
    hamming_loss: scores.hammingLoss,
    f1_micro: scores.micro.f1,
    f1_macro: scores.macro.f1,
    f1_weighted: scores.weighted.f1,
    f1_samples: scores.samplesF1,
  };
  compareAll(c, mine, row, ["labels", "predictions"], limit);
  return c.result();
}

function ofRegression(row: Row, limit: number): CheckResult {
  const c = createComparison("regression");
  const [x, y] = [row.x as number[], row.y as number[]];
  const { mse, mae, r2, pearson, spearman } = regressionScores(x, y);
  compareAll(c, { mse, mae, r2, pearson, spearman, kendall_tau_b: kendallTau(x, y) }, row, ["x", "y"], limit);
  return c.result();
}
