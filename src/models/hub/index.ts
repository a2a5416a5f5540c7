/** @file Models of the Hugging Face hub. */

export {
  type DownloadOptions,
  type DownloadProgress,
  downloadConfig,
  downloadModel,
  resolveModel,
} from "./download.js";
export { isHubPlace } from "./place.js";
