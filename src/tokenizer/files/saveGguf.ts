/** @file A tokenizer as the metadata of a GGUF file. llama.cpp knows the ways of cutting text by name, so only those with a
 *  name there can be written; what was written is read again and must cut some difficult texts the same way. */

import { UserError } from "../../platform/errors.js";
import type { GgufValue } from "../../platform/gguf/types.js";
import { GPT2_PATTERN } from "../pretokenizers/patterns.js";
import type { Tokenizer } from "../tokenizer.js";
import { ggufTokenizer } from "./gguf.js";
import { GGUF_PRE_TOKENIZERS } from "./ggufPreTokenizers.js";

export interface GgufTokenizerOptions {
  /** Rows of the model's embedding: ids that the tokenizer does not have are filled up with unused tokens. */
  readonly vocabSize: number;
  /** Whether BOS goes before every text; default what the tokenizer itself does. */
  readonly addBos?: boolean | undefined;
  /** Where the tokenizer has no such role. */
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
  readonly padId?: number | undefined;
  /** Ends a turn, where that is another token than the end of a text. */
  readonly eotId?: number | undefined;
  /** Told what llama.cpp will do otherwise. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

type Entry = readonly [key: string, value: GgufValue];
type Fields = Readonly<Record<string, unknown>>;

/** ggml's numbers of the types of tokens. */
const [NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE] = [1, 2, 3, 4, 5, 6];
const SIGN = "\u2581";

/** Throws UserError `gguf-tokenizer`. */
export function ggufTokenizerEntries(tokenizer: Tokenizer, options: GgufTokenizerOptions): Entry[] {
  const definition = (tokenizer.definition ?? refuse("it is not stored as tokenizer.json")) as Fields;
  const model = definition.model as Fields;
  if (model.type !== "BPE") refuse(`its model is ${String(model.type)}`);
  const { vocabSize } = options;
  if (tokenizer.vocabSize > vocabSize)
    refuse(`it has ${tokenizer.vocabSize} tokens, the model's embedding ${vocabSize}`);
  const pieces = model.byte_fallback === true;
  const tokens = Array.from({ length: vocabSize }, (_, id) => tokenizer.idToToken(id) ?? `[PAD${id}]`);
  const merges = (model.merges as readonly (string | readonly [string, string])[]).map((merge) =>
    typeof merge === "string" ? merge : merge.join(" "),
  );
  const bos = tokenizer.bosId ?? options.bosId;
  const addBos = options.addBos ?? (bos !== undefined && startsWith(tokenizer, bos));
  const entries: Entry[] = [
    ["tokenizer.ggml.model", text(pieces ? "llama" : "gpt2")],
    ["tokenizer.ggml.pre", text(pieces ? "default" : nameOfCuts(definition, model.ignore_merges === true))],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", values: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", values: typesOf(tokenizer, tokens, pieces) }],
    ...(pieces
      ? ([
          ["tokenizer.ggml.scores", { type: "array", of: "float32", values: scoresOf(tokens, merges) }],
          ["tokenizer.ggml.add_space_prefix", flag(prefixed(tokenizer))],
        ] as const)
      : ([["tokenizer.ggml.merges", { type: "array", of: "string", values: merges }]] as const)),
    ...id("bos", bos),
    ...id("eos", tokenizer.eosId ?? options.eosId),
    ...id("eot", options.eotId),
    ...id("unknown", tokenizer.unkId),
    ...id("padding", tokenizer.padId ?? options.padId),
    ["tokenizer.ggml.add_bos_token", flag(addBos && bos !== undefined)],
    ["tokenizer.ggml.add_eos_token", flag(false)],
    ...templates(tokenizer),
  ];
  const composed = !pieces && composes(definition.normalizer);
  if (composed)
    options.onWarning?.("llama.cpp does not compose characters (NFC): it cuts decomposed accents otherwise");
  compare(tokenizer, entries, composed);
  return entries;
}

const text = (value: string): GgufValue => ({ type: "string", value });
const flag = (value: boolean): GgufValue => ({ type: "bool", value });
const id = (role: string, value: number | undefined): Entry[] =>
  value === undefined ? [] : [[`tokenizer.ggml.${role}_token_id`, { type: "uint32", value }]];

function refuse(why: string): never {
  throw new UserError({
    code: "gguf-tokenizer",
    file: "the tokenizer",
    message: `cannot be written into a GGUF file: ${why}`,
    expected: "byte-level BPE or SentencePiece's BPE that cuts text in a way llama.cpp has a name for",
  });
}

function startsWith(tokenizer: Tokenizer, bos: number): boolean {
  return tokenizer.encoding("a").ids[0] === bos;
}

function templates(tokenizer: Tokenizer): Entry[] {
  const template = tokenizer.config?.chatTemplates.default;
  return template === undefined ? [] : [["tokenizer.chat_template", text(template)]];
}

function typesOf(tokenizer: Tokenizer, tokens: readonly string[], pieces: boolean): number[] {
  const added = new Map(tokenizer.addedTokens.map((token) => [token.id, token.special]));
  return tokens.map((token, i) => {
    if (tokenizer.idToToken(i) === undefined) return UNUSED;
    if (pieces && i === tokenizer.unkId) return UNKNOWN;
    const special = added.get(i);
    if (special !== undefined) return special ? CONTROL : USER;
    return pieces && /^<0x[0-9A-F]{2}>$/.test(token) ? BYTE : NORMAL;
  });
}

/** The earlier a merge, the higher the score of what it makes; what no merge makes is never compared. */
function scoresOf(tokens: readonly string[], merges: readonly string[]): number[] {
  const ranks = new Map<string, number>();
  merges.forEach((merge, rank) => {
    const made = merge.replace(" ", "");
    if (!ranks.has(made)) ranks.set(made, rank);
  });
  return tokens.map((token) => {
    const rank = ranks.get(token);
    return rank === undefined ? 0 : -rank;
  });
}

function prefixed(tokenizer: Tokenizer): boolean {
  const [first] = tokenizer.encode("a");
  return first !== undefined && (tokenizer.idToToken(first) ?? "").startsWith(SIGN);
}

/** A byte-level vocabulary's normaliser: none, or NFC, which llama.cpp leaves out. */
function composes(normalizer: unknown): boolean {
  const { type, normalizers = [] } = (normalizer ?? {}) as Fields;
  if (type === "Sequence") return (normalizers as readonly unknown[]).map(composes).includes(true);
  if (type === undefined || type === "NFC") return type === "NFC";
  return refuse(`it normalises text (${String(type)})`);
}

/** The name by which llama.cpp knows the patterns. */
function nameOfCuts(definition: Fields, ignoreMerges: boolean): string {
  const patterns = patternsOf(definition.pre_tokenizer);
  for (const [name, known] of GGUF_PRE_TOKENIZERS)
    if (
      (known.ignoreMerges ?? false) === ignoreMerges &&
      known.patterns.length === patterns.length &&
      known.patterns.every((pattern, i) => pattern === patterns[i])
    )
      return name;
  return refuse("llama.cpp has no name for the patterns that cut its text");
}

function patternsOf(step: unknown): string[] {
  const s = (step ?? {}) as Fields;
  switch (s.type) {
    case "Sequence":
      return (s.pretokenizers as readonly unknown[]).flatMap(patternsOf);
    case "ByteLevel":
      if (s.add_prefix_space === true) refuse("it puts a space before the text");
      return s.use_regex === false ? [] : [GPT2_PATTERN];
    case "Digits":
      return s.individual_digits === true ? [String.raw`\p{N}`] : refuse("it cuts runs of digits");
    case "Split": {
      const { Regex: regex } = s.pattern as Fields;
      const whole =
        (s.behavior === "Isolated" && s.invert !== true) || (s.behavior === "Removed" && s.invert === true);
      return whole && typeof regex === "string" ? [regex] : refuse("it cuts text in an unusual way");
    }
    default:
      return refuse(`its pre-tokenizer is ${String(s.type)}`);
  }
}

const TEXTS = [
  "Once upon a time, a little girl named Lily found 12345 stones — don't ask why!\n\n  She'd  'Tis HELLO\tworld",
  " leading space, naïve café, 漢字かな 한국어 Привет, 😀👩‍👩‍👧 e\u0301",
  "a",
  "function f(x) { return x**2 + 3.14; }  // ok\r\n",
];

/** What stands in the file must cut as the tokenizer does. */
function compare(tokenizer: Tokenizer, entries: readonly Entry[], composed: boolean): void {
  const again = ggufTokenizer(new Map(entries), "the vocabulary as written");
  for (const sample of composed ? TEXTS.map((t) => t.normalize("NFC")) : TEXTS) {
    let ids: Int32Array;
    try {
      ids = tokenizer.encode(sample);
    } catch {
      continue; // a vocabulary without bytes need not spell every text
    }
    if (String(again.encode(sample)) !== String(ids))
      refuse(`llama.cpp would cut ${JSON.stringify(sample.slice(0, 30))}… otherwise`);
  }
}
