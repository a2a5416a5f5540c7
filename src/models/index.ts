/** @file Language models: families, creation, loading and saving. */

export * from "./cache.js";
export * from "./checkpoints/index.js";
export * from "./create.js";
export * from "./describe/index.js";
export type { DropoutOptions } from "./dropout.js";
export * from "./encoderModel.js";
export * from "./encoders.js";
export * from "./family.js";
export type {
  CaptureOptions,
  CausalCaptures,
  Forward,
  Seq2SeqCaptures,
  StackCaptures,
} from "./forward.js";
export * from "./gguf/index.js";
export * from "./heads/classifier.js";
export * from "./hub/index.js";
export { readLlama2c } from "./llama/llama2c.js";
export * from "./load.js";
export * from "./model.js";
export * from "./registry.js";
export * from "./save.js";
export * from "./seq2seqModel.js";
export * from "./sequences.js";
