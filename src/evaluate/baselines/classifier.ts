/** @file What every classifier of texts is, a rule or a model. */

export interface TextClassifier {
  /** The class of a text, 0 … classes − 1. */
  predict(text: string): number;
  /** Of each class; absent where a classifier knows no more than the class. */
  probabilities?(text: string): Float64Array;
}

/** Index of the largest, the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
