/** @file Training a byte-level BPE tokenizer from documents: count words, learn merges, make the tokenizer. */

import { UserError } from "../../platform/errors.js";
import { byteLevelBpeJson } from "../files/definition.js";
import { tokenizerFromJson } from "../files/tokenizerJson.js";
import { GPT4_PATTERN } from "../pretokenizers/patterns.js";
import type { PatternName } from "../pretokenizers/splitter.js";
import { BYTE_TO_CODE_POINT } from "../text/byteAlphabet.js";
import type { Tokenizer, TokenRoles } from "../tokenizer.js";
import { chooseAlphabet } from "./alphabet.js";
import { learnMerges } from "./bpeMerges.js";
import { type CorpusOptions, corpusSettings } from "./corpusOptions.js";
import { collectWords, withCountedWords } from "./countDocuments.js";
import { createPauses } from "./pauses.js";
import { defaultRoles } from "./roles.js";
import { byteWordCounts } from "./words.js";

export type TrainingProgress =
  | {
      readonly phase: "count";
      readonly documents: number;
      readonly characters: number;
      readonly words: number;
    }
  | { readonly phase: "merge"; readonly merges: number; readonly wanted: number };

export interface TrainBpeOptions extends CorpusOptions {
  /** Tokens in all: special tokens, 256 bytes, merges. */
  readonly vocabSize: number;
  /** Default `"gpt4"`. */
  readonly pattern?: PatternName | undefined;
  /** Get the first ids, in this order. Default `["<|endoftext|>"]`. */
  readonly specialTokens?: readonly string[] | undefined;
  /** Default: `<|endoftext|>` is the end, if it is among the special tokens. */
  readonly roles?: TokenRoles | undefined;
  /** A pair is merged if it occurs at least so often. Default 2. */
  readonly minFrequency?: number | undefined;
  /** What to do if the corpus gives fewer merges than asked for. Default `"refuse"`. */
  readonly ifCorpusTooSmall?: "refuse" | "shrink" | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

const REPORT_EVERY = 1000;

/** The same vocabulary and merges as Hugging Face's BpeTrainer with all 256 bytes as the initial alphabet. Memory grows
 *  with the number of distinct words. Throws UserError `vocabulary-too-small`, `vocabulary-too-large`, `value-invalid`. */
export async function trainBpe(options: TrainBpeOptions): Promise<Tokenizer> {
  const { vocabSize, pattern = "gpt4", minFrequency = 2, onProgress } = options;
  const specialTokens = [...new Set(options.specialTokens ?? ["<|endoftext|>"])];
  const roles = options.roles ?? defaultRoles(specialTokens);
  const smallest = 256 + specialTokens.length;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest)
    throw new UserError({
      code: "vocabulary-too-small",
      at: "vocabSize",
      message: "has no room for the special tokens and the 256 bytes",
      found: vocabSize,
      expected: `a whole number of at least ${smallest}`,
      fix: "ask for a larger vocabulary",
    });
  const { minWordCount, ...settings } = corpusSettings(options);
  const { signal } = options;
  const { table, characters } = await withCountedWords(
    {
      ...settings,
      documents: options.documents,
      cut: { kind: "pattern", pattern },
      signal,
      onProgress: (seen) => onProgress?.({ phase: "count", ...seen }),
    },
    async (words) => ({ table: collectWords(words, minWordCount), characters: words.characters }),
  );
  const words = byteWordCounts(table, BYTE_TO_CODE_POINT);
  const initialAlphabet = BYTE_TO_CODE_POINT.map((codePoint) => String.fromCodePoint(codePoint));
  const alphabet = chooseAlphabet(words, { specialTokens, initialAlphabet });
  const wanted = vocabSize - alphabet.tokens.length;
  const merges = await learnMerges(words, alphabet, {
    vocabSize,
    minFrequency,
    pauses: createPauses(signal),
    onMerge: (done) => done % REPORT_EVERY === 0 && onProgress?.({ phase: "merge", merges: done, wanted }),
  });
  onProgress?.({ phase: "merge", merges: merges.length, wanted });
  const { tokens } = alphabet;
  if (tokens.length < vocabSize && options.ifCorpusTooSmall !== "shrink")
    refuseSize(tokens.length, vocabSize, characters, minFrequency);
  const json = byteLevelBpeJson({
    pattern: pattern === "gpt2" ? null : GPT4_PATTERN,
    tokens,
    merges: merges.map(([left, right]) => [tokens[left]!, tokens[right]!] as const),
    specialTokens,
  });
  return tokenizerFromJson(json, roles);
}

function refuseSize(got: number, wanted: number, characters: number, minFrequency: number): never {
  throw new UserError({
    code: "vocabulary-too-large",
    at: "vocabSize",
    message: `is more than ${characters} characters of text give: no other pair occurs ${minFrequency} times`,
    found: wanted,
    expected: `at most ${got}`,
    fix: `ask for ${got}, give more text, or accept a smaller vocabulary`,
  });
}
