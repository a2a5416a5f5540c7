/** @file GGUF: llama.cpp's one file with weights, configuration and vocabulary. */

export { type ExportGgufOptions, exportGguf, type GgufDtype, ggufDtypes } from "./export.js";
export { type GgufModelFile, isGgufFile, openGguf } from "./open.js";
