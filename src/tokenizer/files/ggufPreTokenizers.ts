/** @file How a byte-level vocabulary in a GGUF file cuts the text: the file has only a name (`tokenizer.ggml.pre`), and what
 *  a name stands for is written down in llama.cpp (src/llama-vocab.cpp). Each pattern cuts what the one before it left. */

import { GPT2_PATTERN, GPT4_PATTERN, O200K_PATTERN, QWEN2_PATTERN } from "../pretokenizers/patterns.js";

export interface GgufPreTokenizer {
  /** Oniguruma's dialect. */
  readonly patterns: readonly string[];
  /** A word that is a token stays whole. */
  readonly ignoreMerges?: true;
  /** BOS stands in front where the file does not say. */
  readonly addBos?: true;
}

const DIGITS = String.raw`\p{N}`;
const CJK = "[一-龥぀-ゟ゠-ヿ]+";
const WORDS_WITH_MARKS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const TEKKEN = O200K_PATTERN.replaceAll("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(
  String.raw`\p{N}{1,3}`,
  DIGITS,
);
const DEEPSEEK = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const BLOOM = String.raw` ?[^(\s|.,!?…。，、।۔،)]+`;
const PUNCTUATION = String.raw`[\p{P}\$\+<=>\^~\|]+`;

const KINDS: readonly (readonly [kind: GgufPreTokenizer, names: string])[] = [
  [
    { patterns: [GPT2_PATTERN] },
    "gpt-2 phi-2 mpt olmo jais trillion granite-docling exaone4 mellum gigachat",
  ],
  [
    { patterns: [GPT4_PATTERN], ignoreMerges: true, addBos: true },
    "llama3 llama-v3 llama-bpe falcon3 pixtral lfm2",
  ],
  [{ patterns: [GPT4_PATTERN] }, "dbrx smaug-bpe chatglm-bpe glm4"],
  [{ patterns: [QWEN2_PATTERN] }, "qwen2 stablelm2 deepseek-r1-qwen hunyuan megrez grok-2 solar-open"],
  [{ patterns: [WORDS_WITH_MARKS] }, "qwen35"],
  [
    { patterns: [DIGITS, GPT2_PATTERN] },
    "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2",
  ],
  [{ patterns: [O200K_PATTERN] }, "gpt-4o llama4 minimax-m2"],
  [{ patterns: [TEKKEN], ignoreMerges: true, addBos: true }, "tekken"],
  [{ patterns: [String.raw`\p{N}{1,3}`, CJK, DEEPSEEK] }, "deepseek-v3 hunyuan-dense"],
  [{ patterns: [BLOOM] }, "bloom poro-chat gpt3-finnish"],
  [{ patterns: [BLOOM, DIGITS] }, "viking"],
  [{ patterns: [PUNCTUATION.replace(String.raw`\|`, "\\|`"), GPT2_PATTERN, "[0-9][0-9][0-9]"] }, "falcon"],
  [{ patterns: [PUNCTUATION, GPT2_PATTERN, String.raw`\p{N}+`, "[0-9][0-9][0-9]"] }, "default"],
];

export const GGUF_PRE_TOKENIZERS: ReadonlyMap<string, GgufPreTokenizer> = new Map(
  KINDS.flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind] as const)),
);
