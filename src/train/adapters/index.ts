/** @file Training a few numbers instead of all: adapters, and parameters frozen by name. */

export type { AdapterFolder } from "./adapterFolder.js";
export * from "./adapters.js";
export type { Adapter } from "./assemble.js";
export type { Combination, CombineOptions } from "./combine.js";
export * from "./fourBitBase.js";
export * from "./freeze.js";
export type { Adaptable } from "./modules.js";
export * from "./optimizer.js";
export { AdapterOptions } from "./options.js";
