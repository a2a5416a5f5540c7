/** @file The recipe's part about text: where it comes from, how it is cut into tokens and rows. */

import { z } from "zod";
import { count, paths, share } from "./fields.js";

export const textFields = {
  data: paths()
    .optional()
    .describe(
      "text to learn from: files and folders of .txt, .md, .jsonl, also with .gz; without it, stories of the built-in village",
    ),
  validation: paths()
    .optional()
    .describe("text kept apart for validation; without it, a share of the documents"),
  validationFraction: share()
    .default(0.05)
    .describe("share of the documents kept for validation; a document never changes sides"),
  textKey: z.string().default("text").describe("key of the text in JSON lines"),
  separator: z
    .string()
    .optional()
    .describe("where a .txt file is cut into documents; by default at <|endoftext|>"),
  strict: z
    .boolean()
    .default(false)
    .describe("refuse invalid UTF-8 and lines that do not parse, instead of counting them"),
  tokenizer: z
    .string()
    .optional()
    .describe("folder or tokenizer.json to use, instead of training one on the data"),
  characters: z.boolean().default(false).describe("a token a character, instead of byte pairs"),
  vocabSize: count().optional().describe("tokens in the vocabulary; by default by the size of the data"),
  splitPattern: z
    .enum(["gpt2", "gpt4"])
    .default("gpt4")
    .describe("how text is split before pairs are merged"),
  packing: z
    .enum(["stream", "documents"])
    .default("stream")
    .describe("rows cut anywhere from the stream, or begun with a document"),
  documentAttention: z.boolean().default(true).describe("a token attends only to its own document"),
};
