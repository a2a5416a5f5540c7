/** @file Logits processors, under the names Hugging Face's `generate` gives their options. */

export * from "./chain.js";
export * from "./epsilonCutoff.js";
export * from "./etaCutoff.js";
export * from "./length.js";
export * from "./minP.js";
export * from "./noRepeatNgram.js";
export * from "./openaiPenalties.js";
export * from "./processor.js";
export * from "./removeInvalid.js";
export * from "./renormalize.js";
export * from "./repetitionPenalty.js";
export * from "./sequenceBias.js";
export * from "./suppress.js";
export * from "./temperature.js";
export * from "./topH.js";
export * from "./topK.js";
export * from "./topP.js";
export * from "./typicalP.js";
