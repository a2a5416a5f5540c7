/** @file The configuration of what a user names: a published shape, a model's or run's folder, a config.json, a GGUF file. Weights
 *  are not read. */

import { nearest, UserError } from "../../platform/errors.js";
import { exists, isDirectory, joinPath } from "../../platform/files.js";
import type { RawConfig } from "../family.js";
import { isGgufFile, openGguf } from "../gguf/open.js";
import { refuseHubPlace } from "../hub/place.js";
import { readConfigFile } from "../load.js";
import { knownModels } from "./known.js";

export interface FoundConfig {
  readonly config: RawConfig;
  /** Where it was read; undefined for a published shape. */
  readonly file?: string;
}

/** Throws UserError where there is no such thing; for a model of the hub, whose config.json `downloadConfig` fetches. */
export function findConfig(place: string): FoundConfig {
  const known = Object.hasOwn(knownModels, place) ? knownModels[place] : undefined;
  if (known !== undefined && !exists(place)) return { config: known };
  refuseHubPlace(place);
  const candidates = [place, joinPath(place, "config.json"), joinPath(place, "model", "config.json")];
  const file = candidates.find((path) => exists(path) && !isDirectory(path));
  if (file === undefined) {
    const close = nearest(place, Object.keys(knownModels));
    throw new UserError({
      code: "model-missing",
      file: place,
      message: exists(place) ? "holds no config.json" : "does not exist",
      expected: `a model's folder, a config.json, or one of ${Object.keys(knownModels).join(", ")}`,
      fix: close === undefined ? undefined : `did you mean ${close}?`,
    });
  }
  if (isGgufFile(file)) {
    const { config, weights } = openGguf(file);
    weights.close();
    return { config, file };
  }
  return { config: readConfigFile(file), file };
}
