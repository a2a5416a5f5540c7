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
  type ExampleReader,
  type ExampleStatistics,
  type ReadExamplesOptions,
  readExamples,
} from "./readExamples.js";
export type { Place } from "./row.js";
