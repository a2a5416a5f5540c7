/** @file What a kind of tokenizer is made of: the components that published tokenizers of its kind have, by names that a
 *  person can say. */

import { GPT2_PATTERN, GPT4_PATTERN } from "../pretokenizers/patterns.js";
import { BYTE_TO_CODE_POINT } from "../text/byteAlphabet.js";
import type { TokenRoles } from "../tokenizer.js";
import type { ModelTraining } from "./trainTokenizer.js";

export const MODELS = ["bpe", "byte-fallback", "wordpiece", "unigram", "wordlevel"] as const;
export const NORMALIZERS = ["none", "nfc", "nfkc", "lowercase", "bert", "bert-cased"] as const;
export const PRE_TOKENIZERS = ["gpt4", "gpt2", "metaspace", "bert", "whitespace"] as const;

export type ModelName = (typeof MODELS)[number];
export type NormalizerName = (typeof NORMALIZERS)[number];
export type PreTokenizerName = (typeof PRE_TOKENIZERS)[number];

export interface Preset {
  readonly model: ModelTraining;
  readonly normalizer: NormalizerName;
  readonly preTokenizer: PreTokenizerName;
  readonly decoder: object | null;
  /** In this order; further ones follow. */
  readonly specialTokens: readonly string[];
  readonly unkToken?: string;
  readonly roles: TokenRoles;
  readonly postProcessor: object | null;
  readonly minFrequency: number;
}

const METASPACE = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };

/** Letters of the byte-level alphabet, all 256, so that every text can be spelt. */
export const BYTE_LETTERS = BYTE_TO_CODE_POINT.map((codePoint) => String.fromCodePoint(codePoint));

export const PRESETS: Readonly<Record<ModelName, Preset>> = {
  bpe: {
    model: { type: "BPE", initialAlphabet: BYTE_LETTERS },
    normalizer: "none",
    preTokenizer: "gpt4",
    decoder: { ...BYTE_LEVEL, use_regex: true },
    specialTokens: ["<|endoftext|>"],
    roles: { eos: "<|endoftext|>", bos: "<|endoftext|>" },
    postProcessor: null,
    minFrequency: 2,
  },
  "byte-fallback": {
    model: { type: "BPE", byteFallback: true, fuseUnk: true },
    normalizer: "none",
    preTokenizer: "metaspace",
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    specialTokens: ["<unk>", "<s>", "</s>"],
    unkToken: "<unk>",
    roles: { unk: "<unk>", bos: "<s>", eos: "</s>" },
    postProcessor: null,
    minFrequency: 2,
  },
  wordpiece: {
    model: { type: "WordPiece" },
    normalizer: "bert",
    preTokenizer: "bert",
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    specialTokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    unkToken: "[UNK]",
    roles: { pad: "[PAD]", unk: "[UNK]" },
    postProcessor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    minFrequency: 2,
  },
  unigram: {
    model: { type: "Unigram" },
    normalizer: "nfkc",
    preTokenizer: "metaspace",
    decoder: METASPACE,
    specialTokens: ["<pad>", "</s>", "<unk>"],
    unkToken: "<unk>",
    roles: { pad: "<pad>", eos: "</s>", unk: "<unk>" },
    postProcessor: null,
    minFrequency: 0,
  },
  wordlevel: {
    model: { type: "WordLevel" },
    normalizer: "none",
    preTokenizer: "whitespace",
    decoder: null,
    specialTokens: ["<unk>", "<|endoftext|>"],
    unkToken: "<unk>",
    roles: { unk: "<unk>", eos: "<|endoftext|>" },
    postProcessor: null,
    minFrequency: 0,
  },
};

/** As in tokenizer.json. */
export function normalizerJson(name: NormalizerName): object | null {
  const bert = (lowercase: boolean) => ({
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase,
  });
  switch (name) {
    case "none":
      return null;
    case "nfc":
      return { type: "NFC" };
    case "nfkc":
      return { type: "NFKC" };
    case "lowercase":
      return { type: "Lowercase" };
    case "bert":
      return bert(true);
    case "bert-cased":
      return bert(false);
  }
}

export function preTokenizerJson(name: PreTokenizerName): object {
  switch (name) {
    case "gpt4":
    case "gpt2": {
      const Regex = name === "gpt4" ? GPT4_PATTERN : GPT2_PATTERN;
      const split = { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false };
      return { type: "Sequence", pretokenizers: [split, BYTE_LEVEL] };
    }
    case "metaspace":
      return METASPACE;
    case "bert":
      return { type: "BertPreTokenizer" };
    case "whitespace":
      return { type: "Whitespace" };
  }
}
