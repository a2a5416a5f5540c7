/** @file Metrics of texts against references. */

export * from "./bleu.js";
export { BLEU_TOKENIZERS, type BleuTokenizer, bleuTokenize } from "./bleuTokenizers.js";
export * from "./chrf.js";
export * from "./ter.js";
export type { TerWordOptions } from "./terWords.js";
