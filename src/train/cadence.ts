/** @file How often a run looks at itself: often enough to draw a curve, seldom enough to cost little. A validation is a
 *  forward pass, a third of the work of training on as many tokens. */

import type { PretrainRecipe } from "./config/index.js";

export interface Cadence {
  /** Steps between validations. */
  readonly evaluateEvery: number;
  /** Tokens of a validation on the way. */
  readonly evaluateTokens: number;
  /** Steps between samples. */
  readonly sampleEvery: number;
}

const VALIDATIONS = 20;
const FEWEST_STEPS = 10;
const MOST_TOKENS = 65_536;
/** Share of the training's work that validations may take. */
const SHARE = 0.04;

/** For a run of `steps` steps of `stepTokens` tokens, in rows of `context`. */
export function cadenceOf(
  recipe: PretrainRecipe,
  steps: number,
  stepTokens: number,
  context: number,
): Cadence {
  const evaluateEvery = recipe.evaluateEvery ?? Math.max(FEWEST_STEPS, Math.ceil(steps / VALIDATIONS));
  const tokens = 3 * SHARE * evaluateEvery * stepTokens;
  return {
    evaluateEvery,
    evaluateTokens:
      recipe.evaluateTokens ??
      Math.min(MOST_TOKENS, Math.max(context, Math.floor(tokens / context) * context)),
    sampleEvery: recipe.sampleEvery ?? 2 * evaluateEvery,
  };
}
