/** @file Training a tokenizer of any model from documents, with any normaliser and pre-tokenizer of tokenizer.json: the
 *  same vocabulary, merges and scores as Hugging Face's trainers. (`trainBpe` is the fast way for byte-level BPE.) */

import { UserError } from "../../platform/errors.js";
import { specialTokenJson } from "../files/definition.js";
import { tokenizerFromJson } from "../files/tokenizerJson.js";
import type { Tokenizer, TokenRoles } from "../tokenizer.js";
import { chooseAlphabet } from "./alphabet.js";
import { learnMerges } from "./bpeMerges.js";
import { type CorpusOptions, corpusSettings } from "./corpusOptions.js";
import { type CountedWords, collectWords, withCountedWords } from "./countDocuments.js";
import { learnUnigram } from "./learnUnigram.js";
import { createPauses } from "./pauses.js";
import { wordLevelVocabulary } from "./wordLevelVocabulary.js";
import { characterWordCounts, sortTable, type WordCounts, wordStrings } from "./words.js";

interface BpeTraining {
  readonly type: "BPE" | "WordPiece";
  /** Letters that the vocabulary has whatever the text has: the first character of each. */
  readonly initialAlphabet?: readonly string[] | undefined;
  /** The most letters; those of `initialAlphabet` come first, then the most frequent. */
  readonly limitAlphabet?: number | undefined;
  readonly continuingPrefix?: string | undefined;
  readonly endOfWordSuffix?: string | undefined;
  /** Tokens have fewer letters than this. BPE only. */
  readonly maxTokenLength?: number | undefined;
  /** BPE: unknown characters become tokens of their bytes, which the vocabulary begins with. */
  readonly byteFallback?: boolean | undefined;
  readonly fuseUnk?: boolean | undefined;
}

interface UnigramTraining {
  readonly type: "Unigram";
  readonly initialAlphabet?: readonly string[] | undefined;
  /** Part of the pieces that a round keeps. Default 0.75. */
  readonly shrinkingFactor?: number | undefined;
  /** Default 16. */
  readonly maxPieceLength?: number | undefined;
  /** Rounds of expectation and maximisation between prunings. Default 2. */
  readonly subIterations?: number | undefined;
  /** The most pieces to begin with. Default 1,000,000. */
  readonly seedSize?: number | undefined;
}

export type ModelTraining = BpeTraining | UnigramTraining | { readonly type: "WordLevel" };

export interface TrainTokenizerOptions extends CorpusOptions {
  readonly model: ModelTraining;
  /** Tokens in all; there may be fewer. */
  readonly vocabSize: number;
  /** A pair is merged, or a word kept, if it occurs at least so often. Default 0. */
  readonly minFrequency?: number | undefined;
  /** Get the first ids, in this order. */
  readonly specialTokens?: readonly string[] | undefined;
  readonly unkToken?: string | undefined;
  /** Components as in tokenizer.json. */
  readonly normalizer?: object | null | undefined;
  readonly preTokenizer?: object | null | undefined;
  readonly postProcessor?: object | null | undefined;
  readonly decoder?: object | null | undefined;
  readonly roles?: TokenRoles | undefined;
  readonly onProgress?: ((progress: TrainTokenizerProgress) => void) | undefined;
}

export type TrainTokenizerProgress =
  | {
      readonly phase: "count";
      readonly documents: number;
      /** UTF-16 units. */
      readonly characters: number;
      /** Distinct words in memory. */
      readonly words: number;
    }
  /** `wanted`: the most merges that the vocabulary has room for. */
  | { readonly phase: "merge"; readonly merges: number; readonly wanted: number }
  | { readonly phase: "prune"; readonly pieces: number; readonly wanted: number };

const REPORT_EVERY = 1000;

/** Memory grows with the number of distinct words. Throws UserError `value-invalid`, and what the components throw. */
export async function trainTokenizer(options: TrainTokenizerOptions): Promise<Tokenizer> {
  const { vocabSize, onProgress } = options;
  if (!Number.isInteger(vocabSize) || vocabSize < 1)
    throw new UserError({
      code: "value-invalid",
      at: "vocabSize",
      message: "is no size",
      found: vocabSize,
      expected: "a whole number of at least 1",
    });
  const specialTokens = [...new Set(options.specialTokens ?? [])];
  const { minWordCount, ...settings } = corpusSettings(options);
  const model = await withCountedWords(
    {
      ...settings,
      documents: options.documents,
      cut: {
        kind: "pipeline",
        normalizer: options.normalizer ?? null,
        preTokenizer: options.preTokenizer ?? null,
      },
      signal: options.signal,
      onProgress: (seen) => onProgress?.({ phase: "count", ...seen }),
    },
    (words) => learnModel(options, specialTokens, words, minWordCount),
  );
  const idOf = createIdOf(model);
  return tokenizerFromJson(
    {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: specialTokens.map((token) => specialTokenJson(token, idOf(token))),
      normalizer: options.normalizer ?? null,
      pre_tokenizer: options.preTokenizer ?? null,
      post_processor: options.postProcessor ?? null,
      decoder: options.decoder ?? null,
      model,
    },
    options.roles ?? {},
  );
}

type ModelJson = Readonly<Record<string, unknown>>;

function createIdOf(model: ModelJson): (token: string) => number {
  const { vocab } = model as { vocab: Record<string, number> | [string, number][] };
  const ids = Array.isArray(vocab)
    ? new Map(vocab.map(([piece], id) => [piece, id]))
    : new Map(Object.entries(vocab));
  return (token) => ids.get(token)!;
}

async function learnModel(
  options: TrainTokenizerOptions,
  specialTokens: readonly string[],
  counted: CountedWords,
  minWordCount: number,
): Promise<ModelJson> {
  const { model, vocabSize, minFrequency = 0, onProgress } = options;
  switch (model.type) {
    case "WordLevel": {
      const least = Math.max(minFrequency, minWordCount);
      const vocabulary = wordLevelVocabulary({ vocabSize, minFrequency: least, specialTokens });
      counted.forEach(vocabulary.add);
      return {
        type: "WordLevel",
        vocab: vocabularyJson(vocabulary.tokens()),
        unk_token: options.unkToken ?? "<unk>",
      };
    }
    case "Unigram": {
      // Sums of fractions depend on the order of the words, so they get one.
      const words = wordStrings(sortTable(collectWords(counted, minWordCount)));
      const { pieces, unkId } = await learnUnigram(words, {
        pauses: createPauses(options.signal),
        vocabSize,
        specialTokens,
        unkToken: options.unkToken,
        initialAlphabet: model.initialAlphabet ?? [],
        shrinkingFactor: model.shrinkingFactor ?? 0.75,
        maxPieceLength: model.maxPieceLength ?? 16,
        subIterations: model.subIterations ?? 2,
        seedSize: model.seedSize ?? 1_000_000,
        onRound: (now, wanted) => onProgress?.({ phase: "prune", pieces: now, wanted }),
      });
      return { type: "Unigram", unk_id: unkId ?? null, vocab: pieces, byte_fallback: false };
    }
    default:
      return learnBpe(
        options,
        model,
        specialTokens,
        characterWordCounts(collectWords(counted, minWordCount)),
      );
  }
}

async function learnBpe(
  options: TrainTokenizerOptions,
  model: BpeTraining,
  specialTokens: readonly string[],
  words: WordCounts,
): Promise<ModelJson> {
  const wordPiece = model.type === "WordPiece";
  const continuingPrefix = model.continuingPrefix ?? (wordPiece ? "##" : undefined);
  const { endOfWordSuffix } = model;
  const bytes = model.byteFallback ? byteTokens() : [];
  const alphabet = chooseAlphabet(words, {
    specialTokens: [...specialTokens, ...bytes.filter((token) => !specialTokens.includes(token))],
    initialAlphabet: model.initialAlphabet ?? [],
    limitAlphabet: model.limitAlphabet,
    continuingPrefix,
    endOfWordSuffix,
  });
  const wanted = Math.max(0, options.vocabSize - alphabet.tokens.length);
  const merges = await learnMerges(words, alphabet, {
    pauses: createPauses(options.signal),
    vocabSize: options.vocabSize,
    minFrequency: options.minFrequency ?? 0,
    maxTokenLength: model.maxTokenLength,
    continuingPrefix,
    onMerge: (done) =>
      done % REPORT_EVERY === 0 && options.onProgress?.({ phase: "merge", merges: done, wanted }),
  });
  options.onProgress?.({ phase: "merge", merges: merges.length, wanted });
  const { tokens } = alphabet;
  const vocab = vocabularyJson(tokens);
  if (wordPiece)
    return {
      type: "WordPiece",
      unk_token: options.unkToken ?? "[UNK]",
      continuing_subword_prefix: continuingPrefix,
      max_input_chars_per_word: 100,
      vocab,
    };
  return {
    type: "BPE",
    dropout: null,
    unk_token: options.unkToken ?? null,
    continuing_subword_prefix: continuingPrefix ?? null,
    end_of_word_suffix: endOfWordSuffix ?? null,
    fuse_unk: model.fuseUnk ?? false,
    byte_fallback: model.byteFallback ?? false,
    ignore_merges: false,
    vocab,
    merges: merges.map(([left, right]) => [tokens[left], tokens[right]]),
  };
}

const byteTokens = (): string[] =>
  Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** No prototype, so that a token `__proto__` is a key like any other. */
function vocabularyJson(tokens: readonly string[]): Record<string, number> {
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
  tokens.forEach((token, id) => {
    vocab[token] = id;
  });
  return vocab;
}
