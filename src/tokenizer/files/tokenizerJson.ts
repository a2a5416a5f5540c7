/** @file tokenizer.json, the file of Hugging Face's library, to a tokenizer: byte-level BPE and one token a character.
 *  Post-processors are read over: nothing is added to a text here, and nothing is cut or padded. What the file has and is
 *  not supported is refused by name. */

import { assembleTokenizer } from "../assemble.js";
import { createByteLevelBpe } from "../models/bpe/byteLevelBpe.js";
import { createMergeTable } from "../models/bpe/mergeTable.js";
import { createCharacterModel } from "../models/wordlevel/characters.js";
import { createSplitter } from "../pretokenizers/create.js";
import { BYTE_TO_CODE_POINT, tokenToBytes } from "../text/byteAlphabet.js";
import { createCharacterClasses } from "../text/categories.js";
import type { AddedToken, Tokenizer, TokenRoles } from "../tokenizer.js";
import type { JsonObject, Place } from "./check.js";
import { asFlag, asObject, describe, inside, refuse } from "./check.js";
import { readAddedTokens } from "./readAddedTokens.js";
import { readMerges } from "./readMerges.js";
import { readNormalizer } from "./readNormalizer.js";
import type { PreTokenizer } from "./readPreTokenizer.js";
import { readPreTokenizer } from "./readPreTokenizer.js";
import type { Vocabulary } from "./vocabulary.js";
import { readVocabulary } from "./vocabulary.js";

/** Parsed JSON to a tokenizer; `file` is for messages. */
export function tokenizerFromJson(json: unknown, roles: TokenRoles = {}, file = "tokenizer.json"): Tokenizer {
  const root: Place = { file, at: "" };
  const object = asObject(json, root);
  const model = asObject(object.model, inside(root, "model"));
  const pre = readPreTokenizer(object.pre_tokenizer, inside(root, "pre_tokenizer"));
  const normalize = readNormalizer(object.normalizer, inside(root, "normalizer"));
  const vocabulary = readVocabulary(model.vocab, inside(root, "model.vocab"));
  const added = readAddedTokens(object.added_tokens, vocabulary, inside(root, "added_tokens"));
  checkDecoder(object.decoder, pre, inside(root, "decoder"));
  const encodeText =
    pre.kind === "byteLevel"
      ? readByteLevelBpe(model, vocabulary, added, pre, inside(root, "model"))
      : readCharacters(model, vocabulary, inside(root, "model"));
  return assembleTokenizer({
    tokens: vocabulary.tokens,
    bytes: bytesOfTokens(vocabulary, added, pre),
    added,
    roles,
    encodeText: normalize === undefined ? encodeText : (text, out) => encodeText(normalize(text), out),
    definition: object,
  });
}

function bytesOfTokens(vocabulary: Vocabulary, added: readonly AddedToken[], pre: PreTokenizer) {
  const utf8 = new TextEncoder();
  const plain = new Set(added.map((token) => token.id));
  return vocabulary.tokens.map((token, id) => {
    if (token === undefined) return undefined;
    const bytes = pre.kind === "byteLevel" && !plain.has(id) ? tokenToBytes(token) : undefined;
    return bytes ?? utf8.encode(token);
  });
}

function checkDecoder(value: unknown, pre: PreTokenizer, place: Place): void {
  const wanted = pre.kind === "byteLevel" ? "ByteLevel" : "Fuse";
  const found = value === undefined || value === null ? "none" : asObject(value, place).type;
  if (found !== wanted)
    refuse(
      inside(place, "type"),
      "unsupported-decoder",
      "does not fit the pre-tokenizer",
      describe(found),
      wanted,
      "use the decoder that belongs to this kind of tokenizer",
    );
}

function readByteLevelBpe(
  model: JsonObject,
  vocabulary: Vocabulary,
  added: readonly AddedToken[],
  pre: PreTokenizer & { kind: "byteLevel" },
  place: Place,
) {
  if (model.type !== "BPE" && !(model.type === undefined && "merges" in model))
    refuse(
      inside(place, "type"),
      "unsupported-model",
      "is not supported with this pre-tokenizer",
      describe(model.type),
      "BPE",
      "use a byte-level BPE tokenizer",
    );
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"])
    if (model[key] !== undefined && model[key] !== null && model[key] !== 0 && model[key] !== "")
      refuse(
        inside(place, key),
        "unsupported-model",
        "is not supported for byte-level BPE",
        describe(model[key]),
        "null",
        "use a tokenizer without it",
      );
  const merges = readMerges(model.merges, vocabulary, inside(place, "merges"));
  const byteIds = Int32Array.from(
    BYTE_TO_CODE_POINT,
    (c) => vocabulary.ids.get(String.fromCharCode(c)) ?? -1,
  );
  const classes = createCharacterClasses();
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const encode = createByteLevelBpe({
    classes,
    split: createSplitter(pre.pattern, classes),
    cutAnywhere: pre.pattern !== "none",
    merges: createMergeTable(merges.pairs, merges.result, byteIds),
    wholeWords: asFlag(model.ignore_merges, inside(place, "ignore_merges"), false)
      ? [...vocabulary.ids].flatMap(([token, id]) => {
          const bytes = special.has(id) ? undefined : tokenToBytes(token);
          return bytes === undefined || bytes.length === 0 ? [] : [[bytes, id] as const];
        })
      : undefined,
  });
  if (!pre.prefixSpace) return encode;
  return (text: string, out: Parameters<typeof encode>[1]) =>
    encode(text === "" || /^\p{White_Space}/u.test(text) ? text : ` ${text}`, out);
}

function readCharacters(model: JsonObject, vocabulary: Vocabulary, place: Place) {
  if (model.type !== "WordLevel")
    refuse(
      inside(place, "type"),
      "unsupported-model",
      "is not supported with this pre-tokenizer",
      describe(model.type),
      "WordLevel",
      "use a byte-level BPE tokenizer, or train a character-level one here",
    );
  const idOf = new Map<number, number>();
  for (const [token, id] of vocabulary.ids) {
    const codePoint = token.codePointAt(0);
    if (codePoint !== undefined && String.fromCodePoint(codePoint) === token) idOf.set(codePoint, id);
  }
  const unk = model.unk_token;
  return createCharacterModel(idOf, typeof unk === "string" ? vocabulary.ids.get(unk) : undefined);
}
