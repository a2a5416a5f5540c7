/** @file A tokenizer from a model folder or a file. */

import { UserError } from "../../platform/errors.js";
import { directoryOf, exists, isDirectory, joinPath, readJson } from "../../platform/files.js";
import type { Tokenizer, TokenRoles } from "../tokenizer.js";
import { readGpt2Files } from "./gpt2.js";
import { readRoles } from "./roles.js";
import { readStrictJson } from "./strictJson.js";
import { tokenizerFromJson } from "./tokenizerJson.js";

const GPT2_NAMES = [
  ["vocab.json", "merges.txt"],
  ["encoder.json", "vocab.bpe"],
] as const;

/** `place` is a folder with tokenizer.json, or with GPT-2's vocab.json and merges.txt; or a tokenizer.json itself. The
 *  roles are those of the tokenizer_config.json beside it. */
export function loadTokenizer(place: string): Tokenizer {
  const folder = isDirectory(place) ? place : directoryOf(place);
  const file = isDirectory(place) ? joinPath(place, "tokenizer.json") : place;
  const configFile = joinPath(folder, "tokenizer_config.json");
  const roles: TokenRoles | undefined = exists(configFile)
    ? readRoles(readJson(configFile), configFile)
    : undefined;
  if (file !== place && !exists(file)) {
    for (const [vocab, merges] of GPT2_NAMES)
      if (exists(joinPath(folder, vocab)) && exists(joinPath(folder, merges)))
        return readGpt2Files(joinPath(folder, vocab), joinPath(folder, merges), roles);
    throw new UserError({
      code: "tokenizer-missing",
      file: place,
      message: "the folder has no tokenizer",
      expected: "tokenizer.json, or vocab.json with merges.txt",
      fix: "name the folder of a model, or a tokenizer.json",
    });
  }
  return tokenizerFromJson(readStrictJson(file), roles ?? {}, file);
}
