/** @file Logistic regression on what a person would count: trigger words of each class, and the signs of `textSigns.ts`. */

import { argmax, type TextClassifier } from "./classifier.js";
import {
  fitLogistic,
  type LogisticModel,
  type LogisticOptions,
  logisticProbabilities,
} from "./logisticRegression.js";
import { denseRow, type SparseRow } from "./sparse.js";
import { textSigns } from "./textSigns.js";
import { chooseTriggerWords, countTriggers, type TriggerWords } from "./triggerWords.js";

export interface HandcraftedOptions extends LogisticOptions {
  /** Of each class. Default: chosen from the training texts. */
  readonly triggers?: TriggerWords | undefined;
}

export interface Handcrafted extends TextClassifier {
  readonly triggers: TriggerWords;
  readonly model: LogisticModel;
  probabilities(text: string): Float64Array;
}

export function trainHandcrafted(
  texts: readonly string[],
  labels: ArrayLike<number>,
  classes: number,
  options: HandcraftedOptions = {},
): Handcrafted {
  const triggers = options.triggers ?? chooseTriggerWords(texts, labels, classes);
  const features = texts.map((text) => featuresOf(text, triggers));
  const scale = scaleOf(features);
  const rowOf = (values: Float64Array): SparseRow =>
    denseRow(values.map((v, k) => (v - scale.mean[k]!) / scale.deviation[k]!));
  const matrix = { columns: features[0]?.length ?? 0, rows: features.map(rowOf) };
  const model = fitLogistic(matrix, labels, classes, options);
  const probabilities = (text: string) => logisticProbabilities(model, rowOf(featuresOf(text, triggers)));
  return { triggers, model, probabilities, predict: (text) => argmax(probabilities(text)) };
}

function featuresOf(text: string, triggers: TriggerWords): Float64Array {
  const [counted, signs] = [countTriggers(text, triggers), textSigns(text)];
  const all = new Float64Array(counted.length + signs.length);
  all.set(counted);
  all.set(signs, counted.length);
  return all;
}

/** Mean and standard deviation of each; a deviation of 0 becomes 1. */
function scaleOf(rows: readonly Float64Array[]): { mean: Float64Array; deviation: Float64Array } {
  const columns = rows[0]?.length ?? 0;
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (const row of rows) for (let k = 0; k < columns; k++) mean[k]! += row[k]! / rows.length;
  for (const row of rows)
    for (let k = 0; k < columns; k++) deviation[k]! += (row[k]! - mean[k]!) ** 2 / rows.length;
  return { mean, deviation: deviation.map((v) => (v > 0 ? Math.sqrt(v) : 1)) };
}
