/** @file A character-level tokenizer: every Unicode character of the documents is a token, by code point. */

import { UserError } from "../../platform/errors.js";
import { charactersJson } from "../files/definition.js";
import { tokenizerFromJson } from "../files/tokenizerJson.js";
import type { Tokenizer, TokenRoles } from "../tokenizer.js";
import { defaultRoles } from "./roles.js";

export interface TrainCharactersOptions {
  readonly documents: Iterable<string> | AsyncIterable<string>;
  /** Get the first ids. Default none. */
  readonly specialTokens?: readonly string[] | undefined;
  readonly roles?: TokenRoles | undefined;
}

/** Throws UserError `no-text` if the documents are empty. */
export async function trainCharacters(options: TrainCharactersOptions): Promise<Tokenizer> {
  const specialTokens = [...new Set(options.specialTokens ?? [])];
  const seen = new Set<string>();
  for await (const document of options.documents) for (const character of document) seen.add(character);
  for (const character of seen) if (/^\p{Cs}$/u.test(character)) seen.delete(character); // half a character
  if (seen.size === 0)
    throw new UserError({
      code: "no-text",
      message: "the documents have no characters to learn",
      fix: "give some text",
    });
  const letters = [...seen].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const tokens = [...specialTokens, ...letters.filter((letter) => !specialTokens.includes(letter))];
  return tokenizerFromJson(
    charactersJson(tokens, specialTokens),
    options.roles ?? defaultRoles(specialTokens),
  );
}
