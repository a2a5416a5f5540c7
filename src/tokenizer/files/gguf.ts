/** @file The tokenizer inside a GGUF file: byte-level BPE (`gpt2`), SentencePiece's BPE (`llama`) and Unigram (`t5`), and
 *  WordPiece (`bert`). (ggml-org/ggml, docs/gguf.md; llama.cpp for what the file does not say.) */

import { openRanged } from "../../platform/files.js";
import { readGguf } from "../../platform/gguf/read.js";
import type { GgufMetadata } from "../../platform/gguf/types.js";
import type { Tokenizer, TokenizerConfig, TokenRoles } from "../tokenizer.js";
import { aroundJson } from "./aroundJson.js";
import { bertJson } from "./bert.js";
import { refuse } from "./check.js";
import { byteLevelBpeDefinition, specialTokenJson, vocabularyJson } from "./definition.js";
import { GGUF_PRE_TOKENIZERS } from "./ggufPreTokenizers.js";
import { type GgufVocabulary, readGgufVocabulary } from "./ggufVocabulary.js";
import { sentencePieceTokenizer } from "./sentencePiece.js";
import type { SentencePieceModel } from "./sentencePieceProto.js";
import { tokenizerFromJson } from "./tokenizerJson.js";

/** Throws UserError `malformed-gguf`, `tokenizer-missing`, `malformed-tokenizer`, and `unsupported-model` or
 *  `unsupported-pre-tokenizer` for a name that is not known here. */
export function readGgufTokenizer(file: string): Tokenizer {
  const ranged = openRanged(file);
  try {
    return ggufTokenizer(readGguf(ranged, file).metadata, file);
  } finally {
    ranged.close();
  }
}

/** The same from metadata that was read already; `file` is for messages. */
export function ggufTokenizer(metadata: GgufMetadata, file: string): Tokenizer {
  const vocabulary = readGgufVocabulary(metadata, file);
  switch (vocabulary.model) {
    case "gpt2":
      return byteLevel(vocabulary, file);
    case "bert":
      return wordPiece(vocabulary, file);
    case "llama":
    case "t5":
      return sentencePieceTokenizer(pieces(vocabulary), file, {
        config: configOf(vocabulary),
        bos: vocabulary.flag("add_bos_token") ?? vocabulary.model === "llama",
        eos: vocabulary.flag("add_eos_token") ?? vocabulary.model === "t5",
      });
    default:
      return refuse(
        { file, at: "tokenizer.ggml.model" },
        "unsupported-model",
        "is not known",
        vocabulary.model,
        ["gpt2", "llama", "bert", "t5"],
        "take the tokenizer from the original model's folder",
      );
  }
}

function rolesOf({ tokens, roleId }: GgufVocabulary): TokenRoles {
  const role = (name: "bos" | "eos" | "pad" | "unk") => {
    const id = roleId(name);
    return id === undefined ? {} : { [name]: tokens[id]! };
  };
  return { ...role("bos"), ...role("eos"), ...role("pad"), ...role("unk") };
}

function configOf(vocabulary: GgufVocabulary): TokenizerConfig {
  const special: Record<string, string> = {};
  for (const role of ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const) {
    const id = vocabulary.roleId(role);
    if (id !== undefined) special[role] = vocabulary.tokens[id]!;
  }
  return {
    className: "",
    modelMaxLength: undefined,
    paddingSide: "right",
    truncationSide: "right",
    cleanUpSpaces: false,
    specialTokens: special,
    extraSpecialTokens: [],
    chatTemplates: vocabulary.chatTemplates,
  };
}

function addedTokens({ tokens, types }: GgufVocabulary) {
  return tokens.flatMap((content, id) => {
    const type = types[id]!;
    if (type === "control" || type === "unknown") return [specialTokenJson(content, id)];
    return type === "userDefined" ? [{ ...specialTokenJson(content, id), special: false }] : [];
  });
}

function byteLevel(vocabulary: GgufVocabulary, file: string): Tokenizer {
  const { tokens, pre } = vocabulary;
  const cut =
    GGUF_PRE_TOKENIZERS.get(pre) ??
    refuse(
      { file, at: "tokenizer.ggml.pre" },
      "unsupported-pre-tokenizer",
      "is not known",
      pre,
      [...GGUF_PRE_TOKENIZERS.keys()],
      "take the tokenizer from the original model's folder",
    );
  const merges =
    vocabulary.merges ??
    refuse(
      { file, at: "tokenizer.ggml.merges" },
      "malformed-tokenizer",
      "is not there",
      undefined,
      "the merges of a byte-level vocabulary",
      "convert the model again",
    );
  const place = (role: "bos" | "eos", add: boolean) => {
    const id = vocabulary.roleId(role);
    return add && id !== undefined ? [tokens[id]!] : [];
  };
  const definition = byteLevelBpeDefinition({
    added: addedTokens(vocabulary),
    patterns: cut.patterns,
    postProcessor: aroundJson(
      place("bos", vocabulary.flag("add_bos_token") ?? cut.addBos ?? false),
      place("eos", vocabulary.flag("add_eos_token") ?? false),
      (token) => tokens.indexOf(token),
    ),
    ignoreMerges: cut.ignoreMerges ?? false,
    vocab: vocabularyJson(distinct(vocabulary, tokens, file)),
    merges,
  });
  return tokenizerFromJson(definition, rolesOf(vocabulary), file, configOf(vocabulary));
}

function distinct({ tokens }: GgufVocabulary, spellings: readonly string[], file: string): readonly string[] {
  const ids = new Map<string, number>();
  spellings.forEach((token, id) => {
    const other = ids.get(token);
    if (other !== undefined)
      refuse(
        { file, at: `tokenizer.ggml.tokens[${id}]` },
        "duplicate-token",
        "stands twice in the vocabulary",
        tokens[id],
        `once (also at ${other})`,
        "convert the model again",
      );
    ids.set(token, id);
  });
  return spellings;
}

/** llama.cpp marks the beginnings of words with a sign instead of marking what goes on. */
function wordPiece(vocabulary: GgufVocabulary, file: string): Tokenizer {
  const spellings = vocabulary.tokens.map((token, id) => {
    if (vocabulary.types[id] !== "normal") return token;
    return token.startsWith("\u2581") ? token.slice(1) : `##${token}`;
  });
  const vocab = vocabularyJson(distinct(vocabulary, spellings, file));
  return tokenizerFromJson(bertJson(vocab, {}, file), rolesOf(vocabulary), file, configOf(vocabulary));
}

function pieces(vocabulary: GgufVocabulary): SentencePieceModel {
  const { tokens, types, scores, flag, roleId } = vocabulary;
  const t5 = vocabulary.model === "t5";
  const usual = t5 ? { bos: -1, eos: 1, unk: 2, pad: 0 } : { bos: 1, eos: 2, unk: 0, pad: -1 };
  const role = (name: keyof typeof usual) => {
    const id = roleId(name) ?? usual[name];
    return id < tokens.length ? id : -1;
  };
  return {
    pieces: tokens.map((piece, id) => ({ piece, score: scores?.[id] ?? 0, type: types[id]! })),
    modelType: t5 ? "unigram" : "bpe",
    byteFallback: types.includes("byte"),
    whitespaceAsSuffix: false,
    unkSurface: " \u2047 ",
    unkId: types.includes("unknown") ? types.indexOf("unknown") : role("unk"),
    bosId: role("bos"),
    eosId: role("eos"),
    padId: role("pad"),
    charsmap: vocabulary.charsmap,
    addDummyPrefix: flag("add_space_prefix") ?? true,
    removeExtraWhitespaces: flag("remove_extra_whitespaces") ?? false,
    escapeWhitespaces: true,
  };
}
