/** @file A tokenizer to `tokenizer.json` and `tokenizer_config.json` in a folder. */

import { UserError } from "../../platform/errors.js";
import { joinPath, makeFolder, writeAtomic } from "../../platform/files.js";
import type { Tokenizer } from "../tokenizer.js";
import { rolesJson } from "./roles.js";

/** Throws UserError `no-tokenizer-json` where the vocabulary came from a file that cannot be written so. */
export function saveTokenizer(tokenizer: Tokenizer, folder: string): void {
  if (tokenizer.definition === undefined)
    throw new UserError({
      code: "no-tokenizer-json",
      message: "this tokenizer was read from a format that is not written as tokenizer.json",
      file: folder,
      fix: "keep its own file beside the model",
    });
  makeFolder(folder);
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  writeAtomic(joinPath(folder, "tokenizer.json"), json(tokenizer.definition));
  writeAtomic(joinPath(folder, "tokenizer_config.json"), json(rolesJson(tokenizer.roles)));
}
