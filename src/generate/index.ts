/** @file Generation: continuing a prompt by greedy choice, sampling or beam search; streams; logits processors. */

export * from "./beamSearch.js";
export * from "./conditioned.js";
export * from "./decoding.js";
export * from "./generate.js";
export * from "./loadGenerator.js";
export type { TokenLogprob } from "./logprobs.js";
export type { GenerateOptions } from "./options.js";
export * from "./processors/index.js";
export type { FinishReason, Generation, Prompt } from "./request.js";
