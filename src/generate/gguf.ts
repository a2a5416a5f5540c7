/** @file A GGUF file, which holds the model and its vocabulary. Generation ends at the file's end tokens (of a text, of a
 *  turn), and its BOS goes before every text where it says so. */

import { loadModel } from "../models/load.js";
import type { Engine } from "../tensor/engine.js";
import { readGgufTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { checkTokenizer } from "./checkTokenizer.js";
import type { LoadedModel } from "./llama2c.js";

export function loadGguf(file: string, engine: Engine, onWarning?: (warning: string) => void): LoadedModel {
  const tokenizer = readGgufTokenizer(file);
  const model = loadModel(file, onWarning === undefined ? { engine } : { engine, onWarning });
  try {
    checkTokenizer(tokenizer, model, file);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return {
    model,
    tokenizer,
    defaults: {
      prefixTokenId: prefixOf(tokenizer),
      ...(model.eosTokenIds.length > 0 ? { eosTokenIds: [...model.eosTokenIds] } : {}),
    },
  };
}

/** BOS, where the tokenizer puts it in front. */
export function prefixOf(tokenizer: Tokenizer): number | undefined {
  const { bosId } = tokenizer;
  return bosId !== undefined && tokenizer.encoding("a").ids[0] === bosId ? bosId : undefined;
}
