/** @file BERT's `vocab.txt`, a token a line, as a tokenizer.json. (Devlin et al. 2018.) */

import { readText } from "../../platform/files.js";
import type { JsonObject } from "./check.js";
import { refuse } from "./check.js";
import { specialTokenJson } from "./definition.js";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** `config`: tokenizer_config.json, for the normaliser's switches. */
export function bertDefinition(file: string, config: JsonObject): JsonObject {
  const lines = readText(file).split("\n");
  if (lines.at(-1) === "") lines.pop();
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
  lines.forEach((line, id) => {
    const token = line.replace(/\r$/, "");
    if (vocab[token] !== undefined)
      refuse({ file, at: `line ${id + 1}` }, "duplicate-token", "is there twice", token, "each token once");
    vocab[token] = id;
  });
  return bertJson(vocab, config, file);
}

export function bertJson(
  vocab: Readonly<Record<string, number>>,
  config: JsonObject,
  file: string,
): JsonObject {
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const text = (id: "A" | "B") => ({ Sequence: { id, type_id: id === "A" ? 0 : 1 } });
  const whole = (token: string) => ({ id: token, ids: [vocab[token]], tokens: [token] });
  for (const token of ["[UNK]", "[CLS]", "[SEP]"])
    if (vocab[token] === undefined)
      refuse(
        { file, at: "" },
        "unknown-token-missing",
        "lacks a token that BERT needs",
        token,
        "a line with it",
      );
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.filter((token) => vocab[token] !== undefined).map((content) =>
      specialTokenJson(content, vocab[content]!),
    ),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), text("A"), special("[SEP]")],
      pair: [
        special("[CLS]"),
        text("A"),
        special("[SEP]"),
        text("B"),
        { SpecialToken: { id: "[SEP]", type_id: 1 } },
      ],
      special_tokens: { "[CLS]": whole("[CLS]"), "[SEP]": whole("[SEP]") },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
