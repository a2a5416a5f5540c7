/** @file The recipe's part about the model. `depth` or `preset` sets all of it; each can be set apart. */

import { z } from "zod";
import { chance, count, positive } from "./fields.js";

export const FAMILIES = [
  "qwen3",
  "llama",
  "gpt2",
  "bert",
  "modernbert",
  "transformer",
  "bart",
  "t5",
] as const;

export const PRESETS = ["tiny", "small", "medium", "large", "gpt2"] as const;

export const modelFields = {
  depth: count()
    .optional()
    .describe("layers: the dial that sets width, heads, rates and batch; by default by the minutes"),
  preset: z.enum(PRESETS).optional().describe("a whole model by name, instead of a depth"),
  family: z
    .enum(FAMILIES)
    .optional()
    .describe(
      "architecture. causal: qwen3 (default) normalises queries and keys, llama does not, gpt2 learns positions; masked: bert (default), modernbert rotates positions and gates; seq2seq: transformer (default for pairs) as in the paper, bart learns positions, t5 (default for spans) has relative ones",
    ),
  dim: count().optional().describe("width; by default 40 a layer"),
  heads: count()
    .optional()
    .describe("attention heads; by default as many as there can be of at least 40 dimensions"),
  kvHeads: count()
    .optional()
    .describe("heads of keys and values, a divisor of the heads; by default as many"),
  mlpWidth: count()
    .optional()
    .describe(
      "width inside the feed-forward layers; by default about the same number of parameters as four times the width without a gate",
    ),
  context: count().optional().describe("longest sequence, in tokens; by default 256"),
  activation: z
    .string()
    .optional()
    .describe(
      "activation by its name in config.json, such as silu, gelu_pytorch_tanh, relu2; by default the family's",
    ),
  normFirst: z
    .boolean()
    .default(false)
    .describe("transformer: norms stand before each block, instead of after it as in the paper"),
  tieEmbeddings: z.boolean().default(true).describe("one matrix for embedding and output"),
  dropout: chance()
    .optional()
    .describe(
      "chance that a number is dropped in training, wherever the family drops; by default none. Another microBatch drops other numbers",
    ),
  initRange: positive()
    .optional()
    .describe("standard deviation of the initial weights; by default the family's"),
};
