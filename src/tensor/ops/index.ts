/** @file All operations. */

export * from "./attention.js";
export { cast } from "./cast.js";
export * from "./clamp.js";
export * from "./crossEntropy.js";
export { dropout } from "./dropout.js";
export * from "./elementwise.js";
export * from "./embedding.js";
export * from "./linear.js";
export type { LowRank } from "./lowRank.js";
export * from "./matmul.js";
export * from "./norm.js";
export * from "./ranges.js";
export * from "./reduce.js";
export * from "./rope.js";
export * from "./rows.js";
export * from "./shape.js";
export * from "./sinks.js";
