/** @file Text in, batches out. */

export { type Batch, NO_TARGET } from "./batch.js";
export type { BatchLoader } from "./batchLoader.js";
export {
  type DocumentReader,
  type ReadOptions,
  type ReadStatistics,
  readDocuments,
  type TextDocument,
} from "./documents.js";
export { hash64 } from "./hash.js";
export { createLoader, type Loader, type LoaderOptions, type LoaderState } from "./loader.js";
export {
  createMaskedLoader,
  createMaskedValidation,
  type MaskedBatch,
  type MaskedLoader,
  type MaskedLoaderOptions,
  type MaskedLoaderState,
  type MaskedRows,
  type MaskedValidation,
} from "./maskedLoader.js";
export { checkMasking, type MaskedTokens, type MaskingOptions, maskTokens } from "./masking.js";
export { openPairs, pairsInMemory, type TokenPairs } from "./openPairs.js";
export { type OpenShardsOptions, openShards, type TokenStream, tokensInMemory } from "./openShards.js";
export { fillPairs, type PairBatch, type TokenPair } from "./pairBatch.js";
export {
  createPairLoader,
  createPairValidation,
  type PairLoader,
  type PairLoaderOptions,
  type PairLoaderState,
  type PairRows,
  type PairValidation,
} from "./pairLoader.js";
export type { BatchSize, LengthLimits } from "./pairPlan.js";
export {
  type PairFiles,
  type PairReader,
  type PairReadOptions,
  type PairStatistics,
  readPairs,
  type TextPair,
} from "./pairs.js";
export { expandPatterns } from "./patterns.js";
export { createRandom, type Random } from "./random.js";
export * from "./sft/index.js";
export { type SourceFile, sourcesKey, type TextFormat } from "./sources.js";
export {
  type CorruptedSpans,
  type CorruptionOptions,
  corruptSpans,
  noiseOf,
  type SpanOptions,
  spanLengths,
} from "./spanCorruption.js";
export {
  createSpanLoader,
  createSpanValidation,
  type SpanLoader,
  type SpanLoaderOptions,
  type SpanLoaderState,
  type SpanRows,
  type SpanValidation,
} from "./spanLoader.js";
export { type Split, splitByPosition, splitOf } from "./split.js";
export { END_OF_TEXT } from "./textFile.js";
export { type TextSize, textSize } from "./textSize.js";
export { createValidation, type Validation, type ValidationOptions } from "./validation.js";
export {
  generateStories,
  type StoriesOptions,
  type Story,
  type StoryEvent,
  type StoryRecord,
  storyAt,
  villageKey,
  type WriteVillageOptions,
  writeVillage,
} from "./village/index.js";
export {
  type PairSet,
  type PairTotals,
  type WritePairsOptions,
  type WrittenPairs,
  writePairs,
} from "./writePairs.js";
export {
  type ShardDocument,
  type ShardSet,
  type WriteShardsOptions,
  type WrittenShards,
  writeShards,
} from "./writeShards.js";
