/** @file Tokenizers of two shapes have a faster way to ids than the whole pipeline: byte-level BPE with a published split
 *  pattern, and one token a character. Which of them a tokenizer.json is, if any. */

import { createByteLevelBpe, type TextToIds } from "../models/bpe/byteLevelBpe.js";
import { type ByteLevelTables, byteLevelFromTables, withPrefixSpace } from "../models/bpe/byteLevelTables.js";
import { createMergeTable } from "../models/bpe/mergeTable.js";
import { createCharacterModel } from "../models/wordlevel/characters.js";
import { createSplitter } from "../pretokenizers/create.js";
import { GPT2_PATTERN, GPT4_PATTERN } from "../pretokenizers/patterns.js";
import type { PatternName } from "../pretokenizers/splitter.js";
import { regexPattern } from "../regex/pattern.js";
import { BYTE_TO_CODE_POINT, tokenToBytes } from "../text/byteAlphabet.js";
import { createCharacterClasses } from "../text/categories.js";
import type { AddedToken } from "../tokenizer.js";
import type { JsonObject, Place } from "./check.js";
import { inside } from "./check.js";
import { EVERY_CHARACTER } from "./definition.js";
import { type Merges, readMerges } from "./readMerges.js";
import { pieceEnds } from "./tiktoken.js";
import type { Vocabulary } from "./vocabulary.js";

export interface FastPath {
  readonly fast: TextToIds | undefined;
  /** What `fast` was made of, where that is all that a thread needs. */
  readonly tables?: ByteLevelTables;
}

/** The components were read already: what they hold is right. */
export function fastPath(
  json: JsonObject,
  vocabulary: Vocabulary,
  added: readonly AddedToken[],
  place: Place,
  known?: Merges,
): FastPath {
  const model = json.model as JsonObject;
  const pieces = flatten(json.pre_tokenizer as JsonObject | null | undefined);
  if (model.type === "WordLevel") return { fast: characters(model, vocabulary, pieces) };
  if (model.type !== "BPE" && !(model.type === undefined && "merges" in model)) return { fast: undefined };
  const shape = byteLevelShape(pieces);
  const plain = ["dropout", "continuing_subword_prefix", "end_of_word_suffix"].every((key) => !model[key]);
  if (shape === undefined || !plain || vocabulary.far.size > 0) return { fast: undefined };
  const byteIds = Int32Array.from(
    BYTE_TO_CODE_POINT,
    (c) => vocabulary.ids.get(String.fromCharCode(c)) ?? -1,
  );
  if (byteIds.includes(-1)) return { fast: undefined };
  const read = known ?? readMerges(model.merges, vocabulary, inside(place, "model.merges"));
  const merges = createMergeTable(read.pairs, read.result, byteIds);
  const { pattern, prefixSpace, ends } = shape;
  if (ends === undefined && !model.ignore_merges) {
    const tables: ByteLevelTables = { pattern, prefixSpace, merges };
    return { fast: byteLevelFromTables(tables), tables };
  }
  const classes = createCharacterClasses();
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const encode = createByteLevelBpe({
    classes,
    split: createSplitter(pattern, classes),
    cutAnywhere: pattern !== "none",
    ends,
    merges,
    wholeWords: model.ignore_merges
      ? [...vocabulary.ids].flatMap(([token, id]) => {
          const bytes = special.has(id) ? undefined : tokenToBytes(token);
          return bytes === undefined || bytes.length === 0 ? [] : [[bytes, id] as const];
        })
      : undefined,
  });
  return { fast: prefixSpace ? withPrefixSpace(encode) : encode };
}

function flatten(value: JsonObject | null | undefined): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (value.type !== "Sequence") return [value];
  return (value.pretokenizers as JsonObject[]).flatMap(flatten);
}

interface Shape {
  readonly pattern: PatternName | "none";
  readonly prefixSpace: boolean;
  /** For a pattern that no splitter was written for. */
  readonly ends?: (text: string) => number[];
}

function byteLevelShape(pieces: readonly JsonObject[]): Shape | undefined {
  const last = pieces.at(-1);
  if (last?.type !== "ByteLevel" || pieces.length > 2) return undefined;
  const usesRegex = last.use_regex !== false;
  const prefixSpace = last.add_prefix_space !== false;
  if (pieces.length === 1) return { pattern: usesRegex ? "gpt2" : "none", prefixSpace };
  const regex = isolatedRegex(pieces[0]!);
  if (typeof regex !== "string" || usesRegex || prefixSpace) return undefined;
  const pattern = regex === GPT4_PATTERN ? "gpt4" : regex === GPT2_PATTERN ? "gpt2" : "none";
  if (pattern !== "none") return { pattern, prefixSpace };
  const other = regexPattern(regex);
  return { pattern, prefixSpace, ends: (text) => pieceEnds(other, text) };
}

function isolatedRegex(split: JsonObject): unknown {
  if (split.type !== "Split" || split.behavior !== "Isolated" || split.invert === true) return undefined;
  return (split.pattern as JsonObject).Regex;
}

function characters(
  model: JsonObject,
  vocabulary: Vocabulary,
  pieces: readonly JsonObject[],
): TextToIds | undefined {
  if (pieces.length !== 1 || isolatedRegex(pieces[0]!) !== EVERY_CHARACTER) return undefined;
  const idOf = new Map<number, number>();
  for (const [token, id] of vocabulary.ids) {
    const codePoint = token.codePointAt(0);
    if (codePoint !== undefined && String.fromCodePoint(codePoint) === token) idOf.set(codePoint, id);
  }
  const unk = model.unk_token;
  return createCharacterModel(idOf, typeof unk === "string" ? vocabulary.ids.get(unk) : undefined);
}
