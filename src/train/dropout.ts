/** @file Dropout in training: which settings of config.json a recipe's one rate becomes, and which elements a step drops. */

import type { DropoutOptions } from "../models/index.js";
import { createRandom } from "../tensor/random.js";

/** By `model_type`: what its published recipes drop. */
const SETTINGS: Readonly<Record<string, (rate: number) => Record<string, number>>> = {
  ...each(["llama", "mistral", "qwen2", "qwen3"], (p) => ({ attention_dropout: p })),
  gpt2: (p) => ({ embd_pdrop: p, attn_pdrop: p, resid_pdrop: p }),
  gpt_neox: (p) => ({ hidden_dropout: p, attention_dropout: p }),
  transformer: (p) => ({ dropout: p }),
  ...each(["bart", "mbart", "marian", "pegasus"], (p) => ({
    dropout: p,
    attention_dropout: 0,
    activation_dropout: 0,
  })),
  ...each(["t5", "mt5"], (p) => ({ dropout_rate: p })),
  ...each(["bert", "roberta", "xlm-roberta", "camembert"], (p) => ({
    hidden_dropout_prob: p,
    attention_probs_dropout_prob: p,
  })),
  distilbert: (p) => ({ dropout: p, attention_dropout: p }),
  modernbert: (p) => ({ embedding_dropout: p, attention_dropout: p, mlp_dropout: p }),
};

function each<T>(names: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** Families that a rate is known for. */
export const dropoutFamilies: readonly string[] = Object.keys(SETTINGS);

/** Settings of config.json; none for a family that is not known. */
export function dropoutSettings(modelType: string, rate: number): Record<string, number> {
  return SETTINGS[modelType]?.(rate) ?? {};
}

/** What each micro-batch of step `step` drops, from 0 on, where the recipe has dropout: a function of these three numbers, so
 *  that a run which was stopped drops as one that was not. */
export function dropoutOf(
  recipe: { readonly dropout?: number | undefined; readonly seed: number },
  step: number,
): ((microBatch: number) => DropoutOptions) | undefined {
  if (recipe.dropout === undefined || recipe.dropout === 0) return undefined;
  return (microBatch) => {
    const random = createRandom(recipe.seed).stream(`dropout ${step} ${microBatch}`);
    return { seed: (random.word() & 0x1fffff) * 2 ** 32 + random.word() };
  };
}
