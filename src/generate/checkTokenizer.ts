/** @file Whether a tokenizer belongs to a model. */

import type { CausalModel } from "../models/model.js";
import { UserError } from "../platform/errors.js";
import type { Tokenizer } from "../tokenizer/index.js";

/** Refuses a tokenizer that gives ids the model has no embedding for. */
export function checkTokenizer(tokenizer: Tokenizer, model: CausalModel, file: string): void {
  if (tokenizer.vocabSize <= model.vocabSize) return;
  throw new UserError({
    code: "tokenizer-foreign",
    file,
    message: "the tokenizer has more tokens than the model knows",
    found: tokenizer.vocabSize,
    expected: `at most ${model.vocabSize}`,
    fix: "give the tokenizer that the model was trained with",
  });
}
