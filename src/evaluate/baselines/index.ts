/** @file Classifiers without a network, trained in seconds: what a fine-tuned model has to beat to be worth its while. */

export type { TextClassifier } from "./classifier.js";
export { type Handcrafted, type HandcraftedOptions, trainHandcrafted } from "./handcrafted.js";
export {
  fitLogistic,
  type LogisticModel,
  type LogisticOptions,
  logisticProbabilities,
} from "./logisticRegression.js";
export { type NgramOptions, ngramsOf } from "./ngrams.js";
export {
  type Condition,
  describeRule,
  learnRules,
  type Rule,
  type RuleList,
  type RuleListOptions,
} from "./ruleList.js";
export { denseRow, type SparseMatrix, type SparseRow, sparseRow } from "./sparse.js";
export { isSuspicious, TEXT_SIGNS, type TextSign, textSigns } from "./textSigns.js";
export { fitTfidf, type Tfidf, type TfidfOptions, tfidfMatrix } from "./tfidf.js";
export { type TfidfClassifier, trainTfidf } from "./tfidfClassifier.js";
export { chooseTriggerWords, countTriggers, type TriggerWords } from "./triggerWords.js";
