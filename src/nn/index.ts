/** @file Parts that models are made of. */

export * from "./activations.js";
export * from "./attentionProbabilities.js";
export * from "./rope/frequencies.js";
export * from "./rope/tables.js";
