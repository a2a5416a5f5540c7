/** @file GPT-2's files: `vocab.json` (or encoder.json), spelling → id, and `merges.txt` (or vocab.bpe), a merge a line
 *  below a version line. Radford et al. 2019. */

import { readText } from "../../platform/files.js";
import type { Tokenizer, TokenRoles } from "../tokenizer.js";
import { refuse } from "./check.js";
import { specialTokenJson } from "./definition.js";
import { readStrictJson } from "./strictJson.js";
import { tokenizerFromJson } from "./tokenizerJson.js";

const END_OF_TEXT = "<|endoftext|>";

export function readGpt2Files(vocabFile: string, mergesFile: string, roles?: TokenRoles): Tokenizer {
  const definition = gpt2Definition(vocabFile, mergesFile, false);
  const hasEnd = definition.added_tokens.length > 0;
  const role = hasEnd ? { bos: END_OF_TEXT, eos: END_OF_TEXT, unk: END_OF_TEXT } : {};
  return tokenizerFromJson(definition, roles ?? role, `${vocabFile} and ${mergesFile}`);
}

export function gpt2Definition(vocabFile: string, mergesFile: string, addPrefixSpace: boolean) {
  const vocab = readStrictJson(vocabFile) as Record<string, number>;
  const end = typeof vocab === "object" && vocab !== null ? vocab[END_OF_TEXT] : undefined;
  const byteLevel = (prefix: boolean) => ({
    type: "ByteLevel",
    add_prefix_space: prefix,
    trim_offsets: true,
    use_regex: true,
  });
  const text = (id: "A" | "B") => ({ Sequence: { id, type_id: id === "A" ? 0 : 1 } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: end === undefined ? [] : [specialTokenJson(END_OF_TEXT, end)],
    normalizer: null,
    pre_tokenizer: byteLevel(addPrefixSpace),
    post_processor: {
      type: "TemplateProcessing",
      single: [text("A")],
      pair: [text("A"), text("B")],
      special_tokens: {},
    },
    decoder: byteLevel(true),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: readMergeLines(mergesFile),
    },
  };
}

function readMergeLines(file: string): Array<[string, string]> {
  const merges: Array<[string, string]> = [];
  readText(file)
    .split("\n")
    .forEach((line, i) => {
      if (line === "" || (i === 0 && line.startsWith("#version"))) return;
      const parts = line.replace(/\r$/, "").split(" ");
      if (parts.length !== 2)
        refuse(
          { file, at: `line ${i + 1}` },
          "malformed-merge",
          "is not a merge",
          line,
          "two tokens with a space between",
          "restore the line from the original file",
        );
      merges.push([parts[0]!, parts[1]!]);
    });
  return merges;
}
