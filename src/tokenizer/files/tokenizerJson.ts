/** @file tokenizer.json, the file of Hugging Face's library, to a tokenizer. What the file has and is not known is refused
 *  by name. */

import { createExtractors, normalizedSpelling } from "../added/extract.js";
import { assembleTokenizer } from "../assemble.js";
import { makeTokenDecoder, type TokenDecoder } from "../decoders/index.js";
import { byteDecoding, type Decoding, tokenDecoding } from "../decoding.js";
import type { Pipeline } from "../encoding/pipeline.js";
import { makeModel } from "../models/index.js";
import { makeNormalizer } from "../normalizers/index.js";
import type { Normalizer } from "../normalizers/normalizer.js";
import { makePostProcessor } from "../postProcessors/index.js";
import { makePreTokenizer } from "../pretokenizers/index.js";
import { bytesToToken, tokenToBytes } from "../text/byteAlphabet.js";
import type { AddedToken, Tokenizer, TokenizerConfig, TokenRoles } from "../tokenizer.js";
import type { JsonObject, Place } from "./check.js";
import { asObject, inside, refuse } from "./check.js";
import { fastPath } from "./fastPath.js";
import { readAddedTokens } from "./readAddedTokens.js";
import { readPadding, readTruncation } from "./readSettings.js";
import { tokenAt, type Vocabulary } from "./vocabulary.js";

const KEYS = [
  "version",
  "truncation",
  "padding",
  "added_tokens",
  "normalizer",
  "pre_tokenizer",
  "post_processor",
  "decoder",
  "model",
];

/** Parsed JSON to a tokenizer; `file` is for messages. */
export function tokenizerFromJson(
  json: unknown,
  roles: TokenRoles = {},
  file = "tokenizer.json",
  config?: TokenizerConfig,
): Tokenizer {
  const root: Place = { file, at: "" };
  const object = asObject(json, root);
  checkKeys(object, root);
  const optional = <T>(key: string, make: (value: unknown, place: Place) => T): T | undefined =>
    object[key] === undefined || object[key] === null ? undefined : make(object[key], inside(root, key));
  const normalizer = optional("normalizer", makeNormalizer);
  const preTokenizer = optional("pre_tokenizer", makePreTokenizer);
  const read = makeModel(object.model, inside(root, "model"));
  const { vocabulary, merges } = read;
  const added = readAddedTokens(object.added_tokens, vocabulary, inside(root, "added_tokens"));
  const hasId = (id: number) => tokenAt(vocabulary, id) !== undefined;
  const postProcessor = optional("post_processor", (value, place) => makePostProcessor(value, hasId, place));
  const decoder = makeTokenDecoder(object.decoder, inside(root, "decoder"));
  const special = new Set(added.filter((token) => token.special).map(({ content }) => content));
  const model = special.size > 0 ? (read.withoutSpecial?.(special) ?? read.model) : read.model;
  const pipeline: Pipeline = {
    preTokenizer,
    model,
    postProcessor,
    spellingOf: (id) => tokenAt(vocabulary, id) ?? "",
  };
  return assembleTokenizer({
    vocabulary,
    added,
    roles,
    extractors: createExtractors(added, normalizer),
    pipeline,
    ...fastPath(object, vocabulary, added, root, merges),
    decoding: createDecoding(vocabulary, added, normalizer, decoder, object.decoder),
    truncation: readTruncation(object.truncation, postProcessor?.putIn[0] ?? 0, inside(root, "truncation")),
    padding: readPadding(object.padding, inside(root, "padding")),
    definition: object,
    config,
  });
}

function checkKeys(object: JsonObject, root: Place): void {
  for (const key of Object.keys(object))
    if (!KEYS.includes(key))
      refuse(
        root,
        "unknown-key",
        "has a key that a tokenizer has not",
        key,
        KEYS,
        "remove it, or update cygnet",
      );
  const { version } = object;
  if (version !== undefined && version !== "1.0")
    refuse(inside(root, "version"), "malformed-tokenizer", "is not known", version, '"1.0"', "update cygnet");
}

/** Added tokens stand for their normalised text. */
function createDecoding(
  vocabulary: Vocabulary,
  added: readonly AddedToken[],
  normalizer: Normalizer | undefined,
  decoder: TokenDecoder,
  json: unknown,
): Decoding {
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const spellings = new Map(
    added.map((t) => [t.id, t.normalized ? normalizedSpelling(t.content, normalizer) : t.content]),
  );
  if (vocabulary.far.size === 0 && (json as { type?: unknown } | null)?.type === "ByteLevel") {
    const utf8 = new TextEncoder();
    const bytes = vocabulary.tokens.map((token, id) => {
      if (token === undefined) return undefined;
      const text = spellings.get(id);
      return text === undefined ? (tokenToBytes(token) ?? utf8.encode(token)) : utf8.encode(text);
    });
    return byteDecoding({ vocabulary, special, bytes });
  }
  return tokenDecoding({ vocabulary, special, decoder, spellingOf: spellingOf(spellings, decoder) });
}

/** An added token is text: behind a decoder that would read its letters as bytes it is given as bytes. (The library does
 *  not, so that `café` loses its last letter there.) */
function spellingOf(spellings: ReadonlyMap<number, string>, decoder: TokenDecoder) {
  const utf8 = new TextEncoder();
  return (id: number): string | undefined => {
    const text = spellings.get(id);
    if (text === undefined || !decoder.readsByteLetters) return text;
    return bytesToToken(utf8.encode(text));
  };
}
