/** @file The text that stands in where no data is given. */

import { UserError } from "../platform/errors.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";

export async function villageFile(
  _recipe: PretrainRecipe,
  _folder: string,
  _emit: Listener,
  _signal?: AbortSignal,
): Promise<string> {
  throw new UserError({
    code: "data-missing",
    at: "data",
    message: "no text was given",
    fix: "name files or folders with --data",
  });
}
