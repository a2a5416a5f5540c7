/** @file Logistic regression on TF-IDF of n-grams: the baseline that a fine-tuned model has to beat. */

import { argmax, type TextClassifier } from "./classifier.js";
import {
  fitLogistic,
  type LogisticModel,
  type LogisticOptions,
  logisticProbabilities,
} from "./logisticRegression.js";
import { fitTfidf, type Tfidf, type TfidfOptions, tfidfMatrix } from "./tfidf.js";

export interface TfidfClassifier extends TextClassifier {
  readonly tfidf: Tfidf;
  readonly model: LogisticModel;
  probabilities(text: string): Float64Array;
}

export function trainTfidf(
  texts: readonly string[],
  labels: ArrayLike<number>,
  classes: number,
  options: TfidfOptions & LogisticOptions = {},
): TfidfClassifier {
  const tfidf = fitTfidf(texts, options);
  const model = fitLogistic(tfidfMatrix(tfidf, texts), labels, classes, options);
  const probabilities = (text: string) => logisticProbabilities(model, tfidf.transform(text));
  return { tfidf, model, probabilities, predict: (text) => argmax(probabilities(text)) };
}
