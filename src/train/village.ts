/** @file The text that stands in where no data is given: stories of the village, as many as the budget can use. */

import { writeVillage } from "../data/index.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";
import { minutesOf } from "./presets.js";

const LARGEST = 20e6;
const SMALLEST = 4e6;
const BYTES_A_MINUTE = 4e6;

/** Bytes of stories for a run: a short one should not wait for text that it will not read. */
export function villageBytes(recipe: PretrainRecipe): number {
  const minutes = minutesOf(recipe);
  return minutes === undefined
    ? LARGEST
    : Math.min(LARGEST, Math.max(SMALLEST, Math.round(minutes * BYTES_A_MINUTE)));
}

/** Writes the stories below `folder`; returns their file. */
export function villageFile(recipe: PretrainRecipe, folder: string, emit: Listener): string {
  const bytes = villageBytes(recipe);
  const stage = (share: number) =>
    emit({ type: "stage", stage: "village", message: "inventing stories of the village", share });
  stage(0);
  const { files } = writeVillage({
    folder,
    bytes,
    seed: recipe.seed,
    onProgress: (done) => stage(Math.min(1, done.bytes / bytes)),
  });
  return files[0]!;
}
