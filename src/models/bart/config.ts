/** @file Configuration of BART, mBART, Marian and Pegasus under the published names. What their files do not spell out (where
 *  norms stand, what positions are) is a function of `model_type` below. */

import { z } from "zod";
import { activation, dtypeToday, positive, rate, size, specialTokens } from "../configFields.js";

export const BART_TYPES = ["bart", "mbart", "marian", "pegasus"] as const;

export const BartConfig = z
  .preprocess(
    today,
    z.looseObject({
      model_type: z.enum(BART_TYPES),
      vocab_size: size,
      /** Marian with a vocabulary a language. */
      decoder_vocab_size: size,
      share_encoder_decoder_embeddings: z.boolean().default(true),
      d_model: size,
      encoder_layers: size,
      decoder_layers: size,
      encoder_attention_heads: size,
      decoder_attention_heads: size,
      encoder_ffn_dim: size,
      decoder_ffn_dim: size,
      activation_function: activation.default("gelu"),
      max_position_embeddings: size.default(1024),
      /** Of the embeddings and of each block's output. */
      dropout: rate.default(0.1),
      /** Within feed-forwards. */
      activation_dropout: rate.default(0),
      /** Of attention's probabilities. */
      attention_dropout: rate.default(0),
      init_std: positive.default(0.02),
      scale_embedding: z.boolean().default(false),
      tie_word_embeddings: z
        .literal(true, "an output of its own is not known of these families")
        .default(true),
      decoder_start_token_id: z.int().nullish(),
      forced_bos_token_id: z.int().nullish(),
      forced_eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
      ...specialTokens,
      pad_token_id: z.int().nonnegative(),
    }),
  )
  .superRefine((c, context) => {
    for (const side of ["encoder", "decoder"] as const) {
      const heads = c[`${side}_attention_heads`];
      if (c.d_model % heads !== 0)
        context.addIssue({
          code: "custom",
          path: [`${side}_attention_heads`],
          message: `d_model ${c.d_model} is not divisible by ${heads} heads`,
        });
    }
    if (c.share_encoder_decoder_embeddings && c.decoder_vocab_size !== c.vocab_size)
      context.addIssue({
        code: "custom",
        path: ["decoder_vocab_size"],
        message: `embeddings are shared, but the vocabularies have ${c.vocab_size} and ${c.decoder_vocab_size} tokens`,
      });
  });

export type BartConfig = z.infer<typeof BartConfig>;

const ABSENT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  bart: { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 },
  mbart: { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2 },
  marian: { pad_token_id: 58_100, eos_token_id: 0, decoder_start_token_id: 58_100 },
  pegasus: { pad_token_id: 0, eos_token_id: 1, decoder_start_token_id: 0 },
};

function today(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const given = raw as Record<string, unknown>;
  const c: Record<string, unknown> = { ...ABSENT[String(given.model_type)], ...given };
  c.decoder_vocab_size ??= c.vocab_size;
  dtypeToday(c);
  return c;
}

/** What distinguishes the four. */
export interface BartShape {
  /** Layer norm before each block and after the last layer; or after each block, as in the paper of 2017. */
  readonly norm: "pre" | "post";
  /** A layer norm on the embeddings. */
  readonly embeddingNorm: boolean;
  /** Learned: position p is row p + 2 of a table (a habit of fairseq's). Sinusoidal: sines, then cosines. */
  readonly positions: "learned" | "sinusoidal";
}

export function shapeOf(c: BartConfig): BartShape {
  switch (c.model_type) {
    case "bart":
      return { norm: "post", embeddingNorm: true, positions: "learned" };
    case "mbart":
      return { norm: "pre", embeddingNorm: true, positions: "learned" };
    case "marian":
      return { norm: "post", embeddingNorm: false, positions: "sinusoidal" };
    case "pegasus":
      return { norm: "pre", embeddingNorm: false, positions: "sinusoidal" };
  }
}
