/** @file Parts that models are made of. */

export * from "./activations.js";
export * from "./attentionProbabilities.js";
export * from "./biasedAttention.js";
export * from "./binaryCrossEntropy.js";
export * from "./classCrossEntropy.js";
export * from "./distillation.js";
export * from "./experts/balance.js";
export * from "./experts/mix.js";
export * from "./experts/route.js";
export * from "./labelSmoothing.js";
export * from "./relativeBuckets.js";
export * from "./rope/frequencies.js";
export * from "./rope/tables.js";
export * from "./sinusoidal.js";
export * from "./squaredError.js";
export * from "./zLoss.js";
