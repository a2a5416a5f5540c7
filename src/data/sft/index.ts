/** @file What fine-tuning learns from: examples read from files as people have them. */

export type {
  ChatCompletionExample,
  ChatExample,
  CompletionExample,
  Example,
  LabelExample,
  SpansExample,
  TextExample,
  WordsExample,
} from "./examples.js";
export { FORMATS, type FormatName, type OffsetUnit } from "./formats/format.js";
export {
  collectWords,
  labelTokens,
  type TokenWindow,
  tokenWindows,
  type WindowOptions,
} from "./ner/align.js";
export {
  type EntitySurvey,
  type EntityText,
  type PrepareEntitiesOptions,
  prepareEntities,
  tagNames,
} from "./ner/prepareEntities.js";
export { checkSpans } from "./ner/spans.js";
export {
  type Entity,
  iob2Tags,
  lenientEntities,
  strictEntities,
  TAG_SCHEMES,
  type TagScheme,
} from "./ner/tags.js";
export {
  joinWords,
  spansOfTags,
  type TaggedText,
  taggedText,
  tagSpans,
  type WordUnit,
  wordsOf,
} from "./ner/words.js";
export { PACKING_STRATEGIES, type PackingStrategy, packExamples, type Segment } from "./pack.js";
export {
  type PreparedExamples,
  type PrepareOptions,
  prepareExamples,
  type SftSurvey,
  sharedExamples,
} from "./prepare.js";
export {
  classNames,
  type LabelKind,
  type LabelledText,
  type LabelSurvey,
  type PrepareLabelsOptions,
  prepareLabels,
} from "./prepareLabels.js";
export {
  type ExampleReader,
  type ExampleStatistics,
  type ReadExamplesOptions,
  readExamples,
} from "./readExamples.js";
export {
  createRenderer,
  isTextual,
  type RenderedExample,
  type Renderer,
  type RenderOptions,
  type TextualExample,
  truncateRendered,
} from "./render.js";
export type { Place } from "./row.js";
export { type SftBatchOptions, sftBatch } from "./sftBatch.js";
export {
  createSftLoader,
  type SftLoader,
  type SftLoaderOptions,
  type SftLoaderState,
  sftBatches,
} from "./sftLoader.js";
export type { Tally } from "./tally.js";
export { createTokenStore, type GrowingStore, type TokenExample, type TokenStore } from "./tokenStore.js";
