/** @file The recipe's part about the optimiser: which, and the rate of each kind of parameter. */

import { z } from "zod";
import { positive, share } from "./fields.js";

export const optimizerFields = {
  optimizer: z
    .enum(["muon", "adamw"])
    .default("muon")
    .describe("muon: Muon for the matrices inside, AdamW for the rest"),
  lr: positive()
    .optional()
    .describe("learning rate of the matrices inside; by default 0.02 (muon), or by width (adamw)"),
  embeddingLr: positive()
    .optional()
    .describe("learning rate of the embedding (and of the output, where they are one); by default by width"),
  headLr: positive().optional().describe("learning rate of an output matrix of its own; by default by width"),
  vectorLr: positive()
    .optional()
    .describe("learning rate of gains and biases; by default that of the embedding"),
  momentum: share().default(0.95).describe("Muon's momentum"),
  muonAdjust: z
    .enum(["original", "match_rms_adamw"])
    .default("original")
    .describe("how Muon scales a matrix's step by its shape"),
  beta1: share().default(0.9).describe("AdamW's decay of the mean of gradients"),
  beta2: share().default(0.95).describe("AdamW's decay of the mean of their squares"),
  weightDecay: z.number().min(0).optional().describe("weight decay of matrices; by default 0.1"),
  clip: positive().default(1).describe("longest norm of all gradients together"),
  ema: share()
    .default(0)
    .describe("decay of an average of the weights, which is then evaluated and saved instead; 0: none"),
};
