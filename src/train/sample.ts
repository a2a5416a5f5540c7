/** @file A sample of what the model writes while it learns. Seeded: the same weights give the same sample. */

import type { TokenStream } from "../data/index.js";
import { generate } from "../generate/generate.js";
import type { CausalModel } from "../models/index.js";
import type { Tokenizer } from "../tokenizer/index.js";
import type { PretrainRecipe } from "./config/index.js";

const STORY = "Once upon a time";

/** How samples begin: as the recipe says (throws UserError where the vocabulary cannot spell it); as stories do, for the
 *  village; else as any document does, or where there is only one, as the validation text does. */
export function samplePrompt(recipe: PretrainRecipe, tokenizer: Tokenizer, validation: TokenStream): string {
  if (recipe.prompt !== undefined) {
    tokenizer.encode(recipe.prompt);
    return recipe.prompt;
  }
  if (recipe.data === undefined) return STORY;
  if (tokenizer.eosId !== undefined) return "";
  const first = new Int32Array(Math.min(FIRST_TOKENS, validation.tokens));
  validation.read(0, first.length, first);
  return tokenizer.decode(first);
}

const FIRST_TOKENS = 8;

export interface SampleOptions {
  readonly prompt: string;
  readonly tokens: number;
  readonly seed: number;
}

const TEMPERATURE = 0.8;

/** The prompt and what the model makes of it. */
export async function sampleText(
  model: CausalModel,
  tokenizer: Tokenizer,
  { prompt, tokens, seed }: SampleOptions,
): Promise<string> {
  const options = { maxTokens: tokens, temperature: TEMPERATURE, seed, prefixTokenId: tokenizer.eosId };
  const { text } = await generate(model, tokenizer, prompt, options);
  return prompt + text;
}
