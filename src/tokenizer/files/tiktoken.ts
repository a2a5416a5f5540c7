/** @file tiktoken's files: a line a token, base64 of its bytes and its rank, which is its id; the split pattern and the
 *  special tokens are known apart. Any two neighbours whose bytes joined are a token may merge, the lowest rank first.
 *  (openai/tiktoken, load.py and lib.rs.) */

import { readText } from "../../platform/files.js";
import { createExtractors } from "../added/extract.js";
import { specialToken } from "../added/specialToken.js";
import { assembleTokenizer } from "../assemble.js";
import { byteDecoding } from "../decoding.js";
import { createByteLevelBpe } from "../models/bpe/byteLevelBpe.js";
import { createMergeTable, type MergeTable } from "../models/bpe/mergeTable.js";
import { textBpe } from "../models/bpe/textBpe.js";
import { cached } from "../models/model.js";
import { toByteLetters } from "../normalizers/byteLevel.js";
import { cutAt } from "../pretokenizers/cut.js";
import { GPT2_PATTERN, GPT4_PATTERN } from "../pretokenizers/patterns.js";
import { type Pattern, regexPattern } from "../regex/pattern.js";
import { bytesToToken } from "../text/byteAlphabet.js";
import { createCharacterClasses } from "../text/categories.js";
import type { AddedToken, Tokenizer, TokenRoles } from "../tokenizer.js";
import { refuse } from "./check.js";
import { byteLevelBpeDefinition, specialTokenJson } from "./definition.js";
import { splits } from "./sentencePieceJson.js";
import { setToken, tokenAt, type Vocabulary } from "./vocabulary.js";

export interface TiktokenOptions {
  /** In the dialect of Rust's fancy-regex. Default GPT-4's. */
  readonly pattern?: string | undefined;
  readonly specialTokens?: Readonly<Record<string, number>> | undefined;
  readonly roles?: TokenRoles | undefined;
}

/** Throws UserError for a line that is no token, a rank that is there twice, and bytes that have no token. */
export function readTiktoken(file: string, options: TiktokenOptions = {}): Tokenizer {
  const { vocabulary, bytes, byRank } = readRanks(file);
  const added = Object.entries(options.specialTokens ?? {}).map(([content, id]) => {
    if (tokenAt(vocabulary, id) !== undefined)
      refuse(
        { file, at: content },
        "duplicate-token-id",
        "has the id of another token",
        id,
        "an id of its own",
      );
    setToken(vocabulary, id, content);
    return specialToken(id, content);
  });
  const utf8 = new TextEncoder();
  for (const { id, content } of added) bytes[id] = utf8.encode(content);
  const source = options.pattern ?? GPT4_PATTERN;
  const pattern = regexPattern(source, { file, at: "pattern" }, "rust");
  const byteIds = Int32Array.from({ length: 256 }, (_, b) => vocabulary.ids.get(bytesToToken([b])) ?? -1);
  if (byteIds.includes(-1))
    refuse(
      { file, at: "" },
      "malformed-tokenizer",
      "has no token for a byte",
      byteIds.indexOf(-1),
      "all 256",
    );
  const merges = createMerges(vocabulary.ids, byRank, byteIds);
  const model = textBpe({
    ids: vocabulary.ids,
    merges,
    unkId: undefined,
    fuseUnk: false,
    byteFallback: false,
    continuingPrefix: "",
    endOfWordSuffix: "",
    ignoreMerges: true,
    neverMerge: false,
  });
  return assembleTokenizer({
    vocabulary,
    added,
    roles: options.roles ?? {},
    extractors: createExtractors(added, undefined),
    pipeline: {
      preTokenizer: (piece) => cutAt(piece, pattern.matches(piece.text), "Isolated").map(toByteLetters),
      model: cached(model),
      postProcessor: undefined,
      spellingOf: (id) => tokenAt(vocabulary, id) ?? "",
    },
    fast: createByteLevelBpe({
      classes: createCharacterClasses(),
      split: () => 0,
      cutAnywhere: false,
      ends: (text) => pieceEnds(pattern, text),
      merges,
      wholeWords: byRank.map((id) => [bytes[id]!, id] as const),
    }),
    decoding: byteDecoding({ vocabulary, special: new Set(added.map(({ id }) => id)), bytes }),
    definition: () => tiktokenJson(source, vocabulary, byRank, added),
  });
}

/** What the published patterns of tiktoken are in Oniguruma's dialect: the same pieces. */
const KNOWN_PATTERNS: ReadonlyMap<string, string> = new Map([
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`, GPT2_PATTERN],
  [
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
    GPT4_PATTERN,
  ],
]);

/** Anchors, and possessive counts, mean another thing there. Undefined for a pattern with one of them. */
function onigurumaPattern(pattern: string): string | undefined {
  const known = KNOWN_PATTERNS.get(pattern);
  if (known !== undefined) return known;
  const plain = pattern.replace(/\\.|\[\^?|\[:\w+:\]/gs, "");
  return /[$^]|\}\+/.test(plain) ? undefined : pattern;
}

/** The merges in the order of the ranks; a word that is a token stays whole, as in tiktoken. */
function tiktokenJson(
  source: string,
  vocabulary: Vocabulary,
  byRank: readonly number[],
  added: readonly AddedToken[],
): object | undefined {
  const pattern = onigurumaPattern(source);
  if (pattern === undefined) return undefined;
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const id of byRank) vocab[tokenAt(vocabulary, id)!] = id;
  for (const { content, id } of added) vocab[content] = id; // an id of `added_tokens` alone would not be kept
  return byteLevelBpeDefinition({
    added: added.map(({ content, id }) => specialTokenJson(content, id)),
    patterns: [pattern],
    ignoreMerges: true,
    vocab,
    merges: byRank.flatMap((id) => splits(tokenAt(vocabulary, id)!, vocabulary.ids)),
  });
}

/** Ends of the matches and of what lies between. */
export function pieceEnds(pattern: Pattern, text: string): number[] {
  const matches = pattern.matches(text);
  const ends: number[] = [];
  let done = 0;
  for (let i = 0; i < matches.length; i += 2) {
    if (matches[i]! > done) ends.push(matches[i]!);
    done = matches[i + 1]!;
    if (done > matches[i]!) ends.push(done);
  }
  if (done < text.length) ends.push(text.length);
  return ends;
}

interface Ranks {
  readonly vocabulary: Vocabulary & { ids: Map<string, number> };
  readonly bytes: Uint8Array[];
  readonly byRank: readonly number[];
}

function readRanks(file: string): Ranks {
  const vocabulary = {
    ids: new Map<string, number>(),
    tokens: [] as string[],
    far: new Map<number, string>(),
  };
  const bytes: Uint8Array[] = [];
  const byRank: number[] = [];
  readText(file)
    .split("\n")
    .forEach((line, i) => {
      if (line === "") return;
      const found = /^([A-Za-z0-9+/]+={0,2}) (\d{1,8})\r?$/.exec(line);
      const place = { file, at: `line ${i + 1}` };
      if (found === null || found[1]!.length % 4 !== 0)
        refuse(place, "malformed-tokenizer", "is no token", line, "base64 and a rank", "get the file again");
      const id = Number(found![2]);
      const token = Uint8Array.from(atob(found![1]!), (c) => c.charCodeAt(0));
      const spelling = bytesToToken(token);
      if (vocabulary.tokens[id] !== undefined || vocabulary.ids.has(spelling))
        refuse(place, "duplicate-token-id", "is there twice", line, "each token and rank once");
      setToken(vocabulary, id, spelling);
      vocabulary.ids.set(spelling, id);
      bytes[id] = token;
      byRank.push(id);
    });
  return { vocabulary, bytes, byRank: byRank.sort((a, b) => a - b) };
}

/** Every way to make a token of two, with the token's rank. */
function createMerges(
  ids: ReadonlyMap<string, number>,
  byRank: readonly number[],
  byteIds: Int32Array,
): MergeTable {
  const pairs: number[] = [];
  const ranks: number[] = [];
  const spellings = new Map([...ids].map(([spelling, id]) => [id, spelling]));
  byRank.forEach((id, rank) => {
    const spelling = spellings.get(id)!;
    for (let cut = 1; cut < spelling.length; cut++) {
      const left = ids.get(spelling.slice(0, cut));
      const right = left === undefined ? undefined : ids.get(spelling.slice(cut));
      if (right === undefined) continue;
      pairs.push(left!, right);
      ranks.push(rank);
    }
  });
  return createMergeTable(Int32Array.from(pairs), Int32Array.from(byRank), byteIds, Int32Array.from(ranks));
}
