/** @file Configurations of BERT and its relatives under their published names, and the one shape that all come to. */

import { z } from "zod";
import type { PublishedActivation } from "../../nn/index.js";
import { activation, labelFields, positive, rate, size, specialTokens } from "../configFields.js";
import { type BertNames, bertNames } from "./names.js";

const common = {
  initializer_range: positive.default(0.02),
  tie_word_embeddings: z.boolean().default(true),
  ...labelFields,
  ...specialTokens,
};

export const BERT_TYPES = ["bert", "roberta", "xlm-roberta", "camembert"] as const;

export const BertConfig = z
  .preprocess(
    absent,
    z.looseObject({
      model_type: z.enum(BERT_TYPES),
      vocab_size: size,
      hidden_size: size.default(768),
      num_hidden_layers: size.default(12),
      num_attention_heads: size.default(12),
      intermediate_size: size.default(3072),
      hidden_act: activation.default("gelu"),
      max_position_embeddings: size.default(512),
      type_vocab_size: size.default(2),
      layer_norm_eps: positive.default(1e-12),
      hidden_dropout_prob: rate.default(0.1),
      attention_probs_dropout_prob: rate.default(0.1),
      /** Before a classifier's scores; null: as hidden states. */
      classifier_dropout: rate.nullish(),
      position_embedding_type: z
        .literal("absolute", "positions relative to one another are not supported")
        .nullish(),
      is_decoder: z.literal(false, "BERT as a decoder is not supported").default(false),
      add_cross_attention: z.literal(false, "cross-attention is not supported").default(false),
      ...common,
    }),
  )
  .superRefine((c, context) => {
    whole(c.hidden_size, c.num_attention_heads, "num_attention_heads", context);
  });

export type BertConfig = z.infer<typeof BertConfig>;

export const DistilBertConfig = z
  .looseObject({
    model_type: z.literal("distilbert"),
    vocab_size: size.default(30_522),
    dim: size.default(768),
    n_layers: size.default(6),
    n_heads: size.default(12),
    hidden_dim: size.default(3072),
    activation: activation.default("gelu"),
    max_position_embeddings: size.default(512),
    dropout: rate.default(0.1),
    attention_dropout: rate.default(0.1),
    seq_classif_dropout: rate.default(0.2),
    sinusoidal_pos_embds: z.boolean().default(false),
    ...common,
    pad_token_id: z.int().nullish().default(0),
  })
  .superRefine((c, context) => {
    whole(c.dim, c.n_heads, "n_heads", context);
  });

export type DistilBertConfig = z.infer<typeof DistilBertConfig>;

/** What a key that is absent means. */
function absent(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const type = (raw as { model_type?: unknown }).model_type;
  const defaults =
    type === "bert"
      ? { vocab_size: 30_522, pad_token_id: 0 }
      : {
          vocab_size: type === "roberta" ? 50_265 : undefined,
          pad_token_id: 1,
          bos_token_id: 0,
          eos_token_id: 2,
        };
  return { ...defaults, ...raw };
}

function whole(dim: number, heads: number, key: string, context: z.RefinementCtx): void {
  if (dim % heads !== 0)
    context.addIssue({
      code: "custom",
      path: [key],
      message: `the width ${dim} is not divisible by ${heads} heads`,
    });
}

/** What the layers are made from, whatever the configuration calls it. */
export interface BertShape {
  readonly names: BertNames;
  readonly vocab: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly activation: PublishedActivation;
  readonly positions: number;
  /** Rows of the table of token types; 0: there is none. */
  readonly tokenTypes: number;
  readonly eps: number;
  /** Chances of dropout: of the embeddings, of attention's probabilities, its output and the feed-forward's, and before scores. */
  readonly dropout: {
    readonly embedding: number;
    readonly probabilities: number;
    readonly attended: number;
    readonly outer: number;
    readonly sequence: number;
    readonly token: number;
  };
  /** Where positions are counted by ids, behind this id (RoBERTa's padding). */
  readonly positionsFrom: number | undefined;
  readonly paddingId: number | undefined;
}

export function shapeOf(c: BertConfig | DistilBertConfig): BertShape {
  const paddingId = c.pad_token_id ?? undefined;
  const names = bertNames[c.model_type];
  if (c.model_type === "distilbert")
    return {
      names,
      vocab: c.vocab_size,
      dim: c.dim,
      layers: c.n_layers,
      heads: c.n_heads,
      inner: c.hidden_dim,
      activation: c.activation,
      positions: c.max_position_embeddings,
      tokenTypes: 0,
      eps: 1e-12,
      dropout: {
        embedding: c.dropout,
        probabilities: c.attention_dropout,
        attended: 0, // the published model has none there
        outer: c.dropout,
        sequence: c.seq_classif_dropout,
        token: c.dropout,
      },
      positionsFrom: undefined,
      paddingId,
    };
  return {
    names,
    vocab: c.vocab_size,
    dim: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    inner: c.intermediate_size,
    activation: c.hidden_act,
    positions: c.max_position_embeddings,
    tokenTypes: c.type_vocab_size,
    eps: c.layer_norm_eps,
    dropout: {
      embedding: c.hidden_dropout_prob,
      probabilities: c.attention_probs_dropout_prob,
      attended: c.hidden_dropout_prob,
      outer: c.hidden_dropout_prob,
      sequence: c.classifier_dropout ?? c.hidden_dropout_prob,
      token: c.classifier_dropout ?? c.hidden_dropout_prob,
    },
    positionsFrom: c.model_type === "bert" ? undefined : (paddingId ?? 1),
    paddingId,
  };
}
