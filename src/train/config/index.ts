/** @file The recipe of a pretraining run. This one schema types the API, checks the recipe file, and makes the flags, the
 *  help and the reference page. */

import { z } from "zod";
import { UserError } from "../../platform/errors.js";
import { type CheckOptions, check } from "../../platform/schema.js";
import { budgetFields } from "./budget.js";
import { modelFields } from "./model.js";
import { OBJECTIVE_OF, objectiveFields } from "./objective.js";
import { optimizerFields } from "./optimizer.js";
import { runFields } from "./run.js";
import { textFields } from "./text.js";

/** The parts, in the order in which help shows them. */
export const PARTS = {
  objective: objectiveFields,
  text: textFields,
  model: modelFields,
  budget: budgetFields,
  optimizer: optimizerFields,
  run: runFields,
};

export { RESUMABLE } from "./run.js";

export const PretrainSchema = z.strictObject({
  ...objectiveFields,
  ...textFields,
  ...modelFields,
  ...budgetFields,
  ...optimizerFields,
  ...runFields,
});

/** What a user gives. */
export type PretrainConfig = z.input<typeof PretrainSchema>;
/** The same with the schema's defaults. */
export type PretrainRecipe = z.output<typeof PretrainSchema>;

/** Checks a recipe, each value and the values together. Throws UserError. */
export function checkRecipe(config: unknown, options: CheckOptions = {}): PretrainRecipe {
  const recipe = check(PretrainSchema, config, options);
  const show = options.showKey ?? ((key) => key);
  exclude(recipe, ["minutes", "tokens", "steps"], show);
  exclude(recipe, ["depth", "preset"], show);
  exclude(recipe, ["tokenizer", "vocabSize"], show);
  if (recipe.tokenizer !== undefined && recipe.characters)
    throw contradiction(["tokenizer", "characters"], show);
  checkObjective(recipe, show);
  if (recipe.resume && recipe.overwrite) throw contradiction(["resume", "overwrite"], show);
  return recipe;
}

/** Fields of one objective with another, and an objective without text. */
function checkObjective(recipe: PretrainRecipe, show: (key: string) => string): void {
  const { objective } = recipe;
  const values: Readonly<Record<string, unknown>> = recipe;
  for (const [key, wanted] of Object.entries(OBJECTIVE_OF))
    if (wanted !== objective && values[key] !== undefined && values[key] !== false)
      throw new UserError({
        code: "recipe-contradiction",
        at: show(key),
        message: `belongs to the objective ${wanted}`,
        found: `${show("objective")} ${objective}`,
        fix: `leave it out, or give ${show("objective")} ${wanted}`,
      });
  exclude(recipe, ["data", "source"], show);
  exclude(recipe, ["validation", "validationSource"], show);
  if (recipe.family === "t5" && recipe.recompute) throw contradiction(["family", "recompute"], show);
  if (objective !== "causal" && recipe.characters) throw contradiction(["objective", "characters"], show);
}

function exclude(
  recipe: PretrainRecipe,
  keys: readonly (keyof PretrainRecipe)[],
  show: (key: string) => string,
): void {
  const given = keys.filter((key) => recipe[key] !== undefined);
  if (given.length > 1) throw contradiction(given, show);
}

function contradiction(keys: readonly string[], show: (key: string) => string): UserError {
  return new UserError({
    code: "recipe-contradiction",
    at: keys.map(show).join(" and "),
    message: "exclude one another",
    fix: "give one of them",
  });
}
