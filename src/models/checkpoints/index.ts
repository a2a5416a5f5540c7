/** @file Weights in files. */

export * from "./folder.js";
export * from "./safetensors.js";
export * from "./storedDtypes.js";
export * from "./storedTensor.js";
export * from "./torchFile.js";
export * from "./writeSafetensors.js";
