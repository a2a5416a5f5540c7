/** @file Pieces of configuration that families share, as zod schemas. */

import { z } from "zod";
import { publishedActivations } from "../nn/index.js";

export const size = z.int().positive();
export const positive = z.number().positive();
export const activation = z.enum(publishedActivations);

export const specialTokens = {
  bos_token_id: z.int().nullish(),
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
  pad_token_id: z.int().nullish(),
};

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
