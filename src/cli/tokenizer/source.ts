/** @file What the commands of `cygnet tokenizer` share: the text they are given, and what they must know of a tokenizer. */

import { z } from "zod";
import { UserError } from "../../platform/errors.js";
import { readText } from "../../platform/files.js";
import type { Tokenizer } from "../../tokenizer/index.js";
import { type Io, inputOf } from "../io.js";

export const tokenizerField = z
  .string()
  .describe("a tokenizer's or model's folder, a tokenizer.json, or another file of a vocabulary");

export interface TextSource {
  readonly text?: string | undefined;
  readonly file?: string | undefined;
}

/** The text on the command line, of the file, or of standard input. Throws UserError `usage` for two of them. */
export async function readSource({ text, file }: TextSource, io: Io): Promise<string> {
  if (text !== undefined && file !== undefined)
    throw new UserError({
      code: "usage",
      message: "a text and a file were given",
      fix: "give one of them",
    });
  if (text !== undefined) return text;
  if (file !== undefined) return readText(file);
  let all = "";
  for await (const piece of inputOf(io)) all += piece;
  return all;
}

/** Lines as they come, without their line feeds (nor a carriage return before one). */
export async function* linesOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest;
}

/** The model's component in tokenizer.json. */
export function modelOf(tokenizer: Tokenizer): Readonly<Record<string, unknown>> {
  return ((tokenizer.definition as { model?: object } | undefined)?.model ?? {}) as Record<string, unknown>;
}

/** The token for what the vocabulary cannot spell, if it has one. */
export function unknownIdOf(tokenizer: Tokenizer): number | undefined {
  const { unk_token: token, unk_id: id } = modelOf(tokenizer);
  if (typeof id === "number") return id;
  if (typeof token === "string") return tokenizer.tokenToId(token);
  return tokenizer.unkId;
}
