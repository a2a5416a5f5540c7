/** @file The parts of tokenizer.json that are written here, in the file's own field names. */

import { GPT2_PATTERN } from "../pretokenizers/patterns.js";

export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export interface TokenizerJson {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  readonly post_processor: object | null;
  readonly decoder: object;
  readonly model: object;
}

/** A special token without flags. */
export function specialTokenJson(content: string, id: number): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** Byte-level: each pattern cuts what the one before it left, then bytes become letters. GPT-2's pattern at the end is the
 *  one that `ByteLevel` has built in. */
export function byteLevelSteps(patterns: readonly string[]): { pre_tokenizer: object; decoder: object } {
  const byteLevel = (useRegex: boolean) => ({
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: useRegex,
  });
  const builtIn = patterns.at(-1) === GPT2_PATTERN;
  const splits = (builtIn ? patterns.slice(0, -1) : patterns).map((pattern) => ({
    type: "Split",
    pattern: { Regex: pattern },
    behavior: "Isolated",
    invert: false,
  }));
  const steps = [...splits, byteLevel(builtIn)];
  return {
    pre_tokenizer: steps.length === 1 ? steps[0]! : { type: "Sequence", pretokenizers: steps },
    decoder: byteLevel(true),
  };
}

/** Byte-level BPE; `pattern` as it is to stand in the file, or null for GPT-2's, which `ByteLevel` has built in. */
export function byteLevelBpeJson(parts: {
  readonly pattern: string | null;
  readonly tokens: readonly string[];
  readonly merges: ReadonlyArray<readonly [left: string, right: string]>;
  readonly specialTokens: readonly string[];
}): TokenizerJson {
  return byteLevelBpeDefinition({
    added: parts.specialTokens.map((content) => specialTokenJson(content, parts.tokens.indexOf(content))),
    patterns: [parts.pattern ?? GPT2_PATTERN],
    vocab: vocabularyJson(parts.tokens),
    merges: parts.merges,
  });
}

/** A byte-level BPE whole, as tokenizer.json. */
export function byteLevelBpeDefinition(parts: {
  readonly added: TokenizerJson["added_tokens"];
  readonly patterns: readonly string[];
  readonly postProcessor?: object | null;
  /** Words that are tokens are taken whole. */
  readonly ignoreMerges?: boolean;
  readonly vocab: object;
  readonly merges: unknown;
}): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: parts.added,
    normalizer: null,
    ...byteLevelSteps(parts.patterns),
    post_processor: parts.postProcessor ?? null,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: parts.ignoreMerges ?? false,
      vocab: parts.vocab,
      merges: parts.merges,
    },
  };
}

/** The regular expression that makes every character a piece, in Oniguruma's dialect and JavaScript's. */
export const EVERY_CHARACTER = String.raw`[\s\S]`;

/** One token a character. The unknown token is named, as the format wants, but not in the vocabulary: unknown
 *  characters are errors. */
export function charactersJson(tokens: readonly string[], specialTokens: readonly string[]): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content) => specialTokenJson(content, tokens.indexOf(content))),
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: EVERY_CHARACTER },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "WordLevel", vocab: vocabularyJson(tokens), unk_token: "<unk>" },
  };
}

/** No prototype, so that a token `__proto__` is a key like any other. */
export function vocabularyJson(tokens: readonly string[]): Record<string, number> {
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
  tokens.forEach((token, id) => {
    vocab[token] = id;
  });
  return vocab;
}
