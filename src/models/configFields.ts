/** @file Pieces of configuration that families share, as zod schemas. */

import { z } from "zod";
import { publishedActivations } from "../nn/index.js";

export const size = z.int().positive();
export const positive = z.number().positive();
/** A chance to be dropped in training. */
export const rate = z.number().min(0).lt(1);
export const activation = z.enum(publishedActivations);

export const specialTokens = {
  bos_token_id: z.int().nullish(),
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
  pad_token_id: z.int().nullish(),
};

/** `torch_dtype`, as it was called before transformers 5. In place. */
export function dtypeToday(c: Record<string, unknown>): void {
  if (c.dtype === undefined && c.torch_dtype !== undefined) c.dtype = c.torch_dtype;
  delete c.torch_dtype;
}

export interface SpecialTokens {
  readonly bos_token_id?: number | null | undefined;
  readonly eos_token_id?: number | number[] | null | undefined;
  readonly pad_token_id?: number | null | undefined;
}

export function specialTokenIds(config: SpecialTokens) {
  const eos = config.eos_token_id ?? [];
  return {
    eosTokenIds: typeof eos === "number" ? [eos] : eos,
    bosTokenId: config.bos_token_id ?? undefined,
    padTokenId: config.pad_token_id ?? undefined,
  };
}

/** What classifiers are configured by. */
export const labelFields = {
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  label2id: z.record(z.string(), z.int()).nullish(),
  num_labels: size.nullish(),
  problem_type: z.enum(["single_label_classification", "multi_label_classification", "regression"]).nullish(),
};

export type LabelFields = z.infer<z.ZodObject<typeof labelFields>>;

export function labelCountOf(config: Pick<LabelFields, "id2label" | "num_labels">): number {
  return config.num_labels ?? (config.id2label ? Object.keys(config.id2label).length : 2);
}

/** As transformers take it where config.json does not say: one score is a value. */
export function problemOf(config: Pick<LabelFields, "id2label" | "num_labels" | "problem_type">) {
  return config.problem_type ?? (labelCountOf(config) === 1 ? "regression" : "single_label_classification");
}

export type Issues = z.core.$RefinementCtx;

/** In a check across fields: what is wrong with `key`. */
export function issue(context: Issues, key: string, message: string): void {
  context.addIssue({ code: "custom", path: [key], message });
}
