/** @file Generation: continuing a prompt by greedy choice, sampling or beam search; streams; logits processors. And what
 *  encoders are asked: vectors of texts, words behind masks. */

export * from "./beamSearch.js";
export * from "./conditioned.js";
export { type ConvertOptions, convertModel } from "./convert.js";
export * from "./decoding.js";
export * from "./embedder.js";
export type { OpenEncoderOptions } from "./encoderPlace.js";
export * from "./fillMask.js";
export * from "./generate.js";
export * from "./loadGenerator.js";
export type { TokenLogprob } from "./logprobs.js";
export type { GenerateOptions } from "./options.js";
export * from "./processors/index.js";
export type { FinishReason, Generation, Prompt } from "./request.js";
export type { Pooling, SentenceSettings } from "./sentenceModules.js";
export * from "./text2text.js";
