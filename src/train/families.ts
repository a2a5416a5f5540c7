/** @file The architectures that a recipe can name: what each learns, and what its blocks are made of. */

import { UserError } from "../platform/errors.js";
import type { PretrainRecipe } from "./config/index.js";

export type FamilyName = NonNullable<PretrainRecipe["family"]>;

interface FamilyFacts {
  readonly objective: PretrainRecipe["objective"];
  readonly activation: string;
  /** The feed-forward has a gate. */
  readonly gated: boolean;
  /** Positions are rotated: heads need an even width. */
  readonly rotary: boolean;
  /** Keys and values may have fewer heads. */
  readonly grouped: boolean;
}

const plain = { gated: false, rotary: false, grouped: false };

export const FAMILY_FACTS: Readonly<Record<FamilyName, FamilyFacts>> = {
  qwen3: { objective: "causal", activation: "silu", gated: true, rotary: true, grouped: true },
  llama: { objective: "causal", activation: "silu", gated: true, rotary: true, grouped: true },
  gpt2: { objective: "causal", activation: "gelu_new", ...plain },
  bert: { objective: "masked", activation: "gelu", ...plain },
  modernbert: { objective: "masked", activation: "gelu", gated: true, rotary: true, grouped: false },
  transformer: { objective: "seq2seq", activation: "relu", ...plain },
  bart: { objective: "seq2seq", activation: "gelu", ...plain },
  t5: { objective: "seq2seq", activation: "gelu_new", gated: true, rotary: false, grouped: false },
};

/** The family of a recipe. Throws UserError where it cannot learn what is asked. */
export function familyOf(recipe: PretrainRecipe, named = recipe.family): FamilyName {
  const { objective } = recipe;
  if (named === undefined) {
    if (objective === "causal") return "qwen3";
    return objective === "masked" ? "bert" : "transformer";
  }
  if (FAMILY_FACTS[named].objective === objective) return named;
  throw new UserError({
    code: "recipe-contradiction",
    at: "family",
    message: `does not learn the objective ${objective}`,
    found: named,
    expected: Object.entries(FAMILY_FACTS)
      .filter(([, facts]) => facts.objective === objective)
      .map(([name]) => name),
    fix: `name another family, or give --objective ${FAMILY_FACTS[named].objective}`,
  });
}
