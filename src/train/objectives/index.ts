/** @file The objectives by name. */

import type { PretrainRecipe } from "../config/index.js";
import { causal } from "./causal.js";
import { masked } from "./masked.js";
import type { Objective } from "./objective.js";
import { seq2seq } from "./seq2seq.js";
import { spans } from "./spans.js";

export { causalBatch, evaluateLoss } from "./causal.js";

/** seq2seq learns pairs where the recipe names any, and else to restore spans of plain text. */
export function objectiveOf(recipe: PretrainRecipe): Objective {
  if (recipe.objective === "seq2seq") return readsPairs(recipe) ? seq2seq : spans;
  return recipe.objective === "masked" ? masked : causal;
}

export function readsPairs(recipe: PretrainRecipe): boolean {
  const { source, sourceKey, data } = recipe;
  const files = data === undefined ? [] : typeof data === "string" ? [data] : data;
  return source !== undefined || sourceKey !== undefined || files.some((f) => /\.tsv(\.gz)?$/.test(f));
}
