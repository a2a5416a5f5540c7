/** @file A model of karpathy/llama2.c: `stories260K.bin` with its tokenizer `tok512.bin` beside it. Every text begins with
 *  BOS, and a BOS that comes again ends it (run.c). */

import { readLlama2c } from "../models/llama/llama2c.js";
import type { CausalModel } from "../models/model.js";
import { UserError } from "../platform/errors.js";
import { directoryOf, joinPath, listFolder } from "../platform/files.js";
import type { Engine } from "../tensor/engine.js";
import { readLlama2cTokenizer, type Tokenizer } from "../tokenizer/index.js";
import type { GenerateOptions } from "./options.js";

const BOS = 1;
const EOS = 2;

export interface LoadedModel {
  readonly model: CausalModel;
  readonly tokenizer: Tokenizer;
  readonly defaults: GenerateOptions;
}

/** `tokenizerFile`: default the only tok*.bin in the model's folder. */
export function loadLlama2c(file: string, engine: Engine, tokenizerFile?: string): LoadedModel {
  const model = readLlama2c(file, engine);
  try {
    const tokenizer = readLlama2cTokenizer(tokenizerFile ?? besides(file, model.vocabSize), model.vocabSize);
    return { model, tokenizer, defaults: { prefixTokenId: BOS, eosTokenIds: [BOS, EOS] } };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** tok512.bin for a vocabulary of 512, else the only tok*.bin, or tokenizer.bin. */
function besides(file: string, vocabSize: number): string {
  const folder = directoryOf(file);
  const names = listFolder(folder).filter((name) => /^tok.*\.bin$/.test(name));
  const name = names.find((n) => n === `tok${vocabSize}.bin`) ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined) return joinPath(folder, name);
  throw new UserError({
    code: "tokenizer-missing",
    file,
    message: "has no tokenizer beside it that is certainly its own",
    found: names.length === 0 ? "no tok*.bin" : names.join(", "),
    expected: `tok${vocabSize}.bin`,
    fix: "put the tokenizer beside the model, or name it",
  });
}
