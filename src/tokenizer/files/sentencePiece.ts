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
import type { Tokenizer } from "../tokenizer.js";
import { parseSentencePieceModel, type SentencePieceModel } from "./sentencePieceProto.js";

/** Control pieces are never found in text, user-defined ones always. Throws UserError `malformed-tokenizer`. */
export function readSentencePiece(file: string): Tokenizer {
  return sentencePieceTokenizer(parseSentencePieceModel(readBytes(file), file), file);
}

export function sentencePieceTokenizer(model: SentencePieceModel, file: string): Tokenizer {
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
  return assembleTokenizer({
    vocabulary,
    added: controls,
    roles: { bos: role(model.bosId), eos: role(model.eosId), pad: role(model.padId), unk: role(model.unkId) },
    extractors: createExtractors([], normalizer),
    pipeline: {
      preTokenizer: undefined,
      model: cached(sentencePieceModel(model, symbols)),
      postProcessor: undefined,
      spellingOf: (id) => vocabulary.tokens[id] ?? "",
    },
    decoding: sentencePieceDecoding(model),
  });
}
