/** @file The package's front door: load a model and talk to it, or have it read; pretrain one. Everything else by its sub-path, such as
 *  "cygnet/tensor". */

export {
  type Embedder,
  loadEmbedder,
  loadGenerator as loadModel,
  loadMaskFiller,
  type MaskFiller,
  type TextGenerator,
} from "./generate/index.js";
export { type DownloadOptions, downloadModel, resolveModel } from "./models/hub/index.js";
export { isUserError, UserError, type UserErrorDetail } from "./platform/errors.js";
export { type PretrainConfig, type PretrainResult, pretrain } from "./train/index.js";
