/** @file A tokenizer from a model folder or a file. */

import { UserError } from "../../platform/errors.js";
import { baseName, directoryOf, exists, isDirectory, joinPath } from "../../platform/files.js";
import type { Tokenizer } from "../tokenizer.js";
import { bertDefinition } from "./bert.js";
import type { JsonObject } from "./check.js";
import { asArray, asObject } from "./check.js";
import { readFolderConfig } from "./config.js";
import type { AddedTokenJson } from "./definition.js";
import { readGgufTokenizer } from "./gguf.js";
import { gpt2Definition } from "./gpt2.js";
import { readSentencePiece } from "./sentencePiece.js";
import { readStrictJson } from "./strictJson.js";
import { tokenizerFromJson } from "./tokenizerJson.js";

const GPT2_NAMES = [
  ["vocab.json", "merges.txt"],
  ["encoder.json", "vocab.bpe"],
] as const;

/** `place` is a folder with tokenizer.json, with GPT-2's vocab.json and merges.txt, with BERT's vocab.txt or with
 *  SentencePiece's tokenizer.model; or one of these files itself (of GPT-2's two the first), or a
 *  GGUF file, which has its tokenizer inside. The roles, further added
 *  tokens and templates are those of the files beside it (tokenizer_config.json, special_tokens_map.json,
 *  added_tokens.json, chat_template.jinja). tokenizer.json holds: transformers 5 rebuilds the normaliser of some classes
 *  (T5's) instead, which gives other ids than the model was trained with. */
export function loadTokenizer(place: string): Tokenizer {
  const folder = isDirectory(place) ? place : directoryOf(place);
  const found = isDirectory(place) ? findFile(place) : place;
  if (/\.model$/.test(found)) return readSentencePiece(found);
  if (/\.gguf$/.test(found)) return readGgufTokenizer(found);
  const config = readFolderConfig(folder);
  const definition = readDefinition(found, config?.json ?? {});
  if (config === undefined) return tokenizerFromJson(definition, {}, found);
  return tokenizerFromJson(withAdded(definition, config.added, found), config.roles, found, config.config);
}

function findFile(folder: string): string {
  const names = [
    "tokenizer.json",
    ...GPT2_NAMES.map(([vocab]) => vocab),
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
  ];
  const needs = new Map<string, string>(GPT2_NAMES);
  for (const name of names) {
    const beside = needs.get(name);
    if (exists(joinPath(folder, name)) && (beside === undefined || exists(joinPath(folder, beside))))
      return joinPath(folder, name);
  }
  throw new UserError({
    code: "tokenizer-missing",
    file: folder,
    message: "the folder has no tokenizer",
    expected: "tokenizer.json, vocab.json with merges.txt, vocab.txt, or tokenizer.model",
    fix: "name the folder of a model, or a tokenizer.json",
  });
}

function readDefinition(file: string, config: JsonObject): JsonObject {
  if (/\.txt$/.test(file)) return bertDefinition(file, config);
  const merges = new Map<string, string>(GPT2_NAMES).get(baseName(file));
  const beside = merges === undefined ? undefined : joinPath(directoryOf(file), merges);
  if (beside !== undefined && exists(beside))
    return gpt2Definition(file, beside, config.add_prefix_space === true) as unknown as JsonObject;
  const json = readStrictJson(file);
  return asObject(json, { file, at: "" });
}

/** Adds tokens that the file does not have; what it has, it says better. */
function withAdded(definition: JsonObject, added: readonly AddedTokenJson[], file: string): JsonObject {
  const place = { file, at: "added_tokens" };
  const own = asArray(definition.added_tokens ?? [], place).map((entry) => asObject(entry, place));
  const known = new Set(own.map(({ content }) => content));
  const vocab = idsOf(definition, file);
  let next = Math.max(vocab.size, ...own.map(({ id }) => (typeof id === "number" ? id + 1 : 0)));
  const more: AddedTokenJson[] = [];
  for (const token of added) {
    if (known.has(token.content) || token.content === "") continue;
    known.add(token.content);
    const id = vocab.get(token.content) ?? (token.id >= 0 ? token.id : next);
    next = Math.max(next, id + 1);
    more.push({ ...token, id });
  }
  return more.length === 0 ? definition : { ...definition, added_tokens: [...own, ...more] };
}

function idsOf(definition: JsonObject, file: string): Map<string, number> {
  const { vocab } = asObject(definition.model, { file, at: "model" });
  const entries = Array.isArray(vocab)
    ? vocab.map((piece, id) => [(piece as unknown[])[0], id])
    : Object.entries((vocab ?? {}) as object);
  return new Map(entries as [string, number][]);
}
