/** @file SentencePiece's `.model` to a tokenizer that gives what SentencePiece gives. */

import { UserError } from "../../platform/errors.js";
import { readBytes } from "../../platform/files.js";
import { createExtractors } from "../added/extract.js";
import { specialToken } from "../added/specialToken.js";
import { assembleTokenizer } from "../assemble.js";
import { cached } from "../models/model.js";
import { sentencePieceDecoding } from "../models/sentencepiece/decode.js";
import { sentencePieceNormalizer } from "../models/sentencepiece/normalize.js";
import { sentencePieceModel } from "../models/sentencepiece/segment.js";
import { createTrie } from "../models/unigram/trie.js";
import { makePostProcessor } from "../postProcessors/index.js";
import type { Tokenizer, TokenizerConfig } from "../tokenizer.js";
import { aroundJson } from "./aroundJson.js";
import { sentencePieceJson } from "./sentencePieceJson.js";
import { parseSentencePieceModel, type SentencePieceModel } from "./sentencePieceProto.js";

/** Control pieces are never found in text, user-defined ones always. Throws UserError `malformed-tokenizer`. */
export function readSentencePiece(file: string): Tokenizer {
  return sentencePieceTokenizer(parseSentencePieceModel(readBytes(file), file), file);
}

/** What a file says beside the model. */
export interface AroundSentencePiece {
  readonly config: TokenizerConfig;
  /** Whether `encoding` puts the token in front of a text, behind it. */
  readonly bos: boolean;
  readonly eos: boolean;
}

/** With `around`, control pieces are special tokens as elsewhere: found in text where the caller allows them. */
export function sentencePieceTokenizer(
  model: SentencePieceModel,
  file: string,
  around?: AroundSentencePiece,
): Tokenizer {
  const refuse = (message: string, expected: string): never => {
    throw new UserError({ code: "malformed-tokenizer", file, message, expected, fix: "get the file again" });
  };
  if (model.unkId < 0) refuse("has no unknown piece", "one piece of type unknown");
  const symbols = createTrie(
    model.pieces.flatMap(({ piece, type }, id) => (type === "userDefined" ? [[piece, id] as const] : [])),
  );
  const normalizer =
    sentencePieceNormalizer(model, symbols) ?? refuse("has rules that cannot be read", "a compiled charsmap");
  const vocabulary = { tokens: model.pieces.map(({ piece }) => piece), far: new Map<number, string>() };
  const role = (id: number) => (id < 0 ? undefined : vocabulary.tokens[id]);
  const controls = model.pieces.flatMap(({ piece, type }, id) =>
    type === "control" || type === "unknown" ? [specialToken(id, piece)] : [],
  );
  const put = (wanted: boolean | undefined, id: number) =>
    wanted === true && id >= 0 ? [vocabulary.tokens[id]!] : [];
  const before = put(around?.bos, model.bosId);
  const behind = put(around?.eos, model.eosId);
  const template = aroundJson(before, behind, (token) => vocabulary.tokens.indexOf(token));
  const place = { file, at: "post_processor" };
  return assembleTokenizer({
    vocabulary,
    added: controls,
    config: around?.config,
    definition: () => sentencePieceJson(model, template),
    roles: { bos: role(model.bosId), eos: role(model.eosId), pad: role(model.padId), unk: role(model.unkId) },
    extractors: createExtractors(around === undefined ? [] : controls, normalizer),
    pipeline: {
      preTokenizer: undefined,
      model: cached(sentencePieceModel(model, symbols)),
      postProcessor: template === null ? undefined : makePostProcessor(template, () => true, place),
      spellingOf: (id) => vocabulary.tokens[id] ?? "",
    },
    decoding: sentencePieceDecoding(model),
  });
}
