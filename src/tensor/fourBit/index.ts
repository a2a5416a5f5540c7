/** @file Weights in four bits. */

export { CODEBOOKS, dynamicMap, FOUR_BIT_TYPES, type FourBitType } from "./codebooks.js";
export * from "./hold.js";
export * from "./quantise.js";
