/** @file Metrics: of texts against references, of classes, rankings, numbers, entities and programs. */

export * from "./bleu.js";
export { BLEU_TOKENIZERS, type BleuTokenizer, bleuTokenize } from "./bleuTokenizers.js";
export * from "./chrf.js";
export * from "./classification.js";
export type { Averages, FScore } from "./fScores.js";
export * from "./multiLabel.js";
export * from "./passAtK.js";
export * from "./probabilities.js";
export * from "./ranking.js";
export * from "./regression.js";
export * from "./seqeval.js";
export * from "./ter.js";
export type { TerWordOptions } from "./terWords.js";
