/** @file Tensors: shapes, operations with gradients, engines and their backends. */

export * from "./adapter.js";
export * from "./backend.js";
export * from "./checkpoint.js";
export * from "./device.js";
export type { DropoutMask } from "./dropoutMask.js";
export * from "./dtype.js";
export * from "./engine.js";
export * from "./fourBit/index.js";
export * from "./ops/index.js";
export { borrow } from "./rebuild.js";
export * from "./tape.js";
export * from "./tensor.js";
