/** @file A sample of what the model writes while it learns. Seeded: the same weights give the same sample. */

import { generate } from "../generate/generate.js";
import type { CausalModel } from "../models/index.js";
import type { Tokenizer } from "../tokenizer/index.js";

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
