/** @file What a model amounts to, without allocating it. */

export * from "./describe.js";
export * from "./find.js";
export * from "./known.js";
export type { ModelNode } from "./tree.js";
