/** @file Configuration of the transformer as the paper of 2017 draws it and `torch.nn.Transformer` builds it; its settings'
 *  names are that class's. No published checkpoints have a config.json of this kind: it is the shape to train from the
 *  beginning and to read beside the paper. */

import { z } from "zod";
import { activation, positive, rate, size, specialTokens } from "../configFields.js";

export const TransformerConfig = z
  .looseObject({
    model_type: z.literal("transformer"),
    vocab_size: size,
    d_model: size,
    nhead: size,
    num_encoder_layers: size,
    num_decoder_layers: size,
    dim_feedforward: size,
    activation: activation.default("relu"),
    /** Of the embeddings with their positions, of each block's output before it joins the stream, within feed-forwards, and of attention's
     *  probabilities. */
    dropout: rate.default(0.1),
    layer_norm_eps: positive.default(1e-5),
    /** Norms before each block (and then final ones, else the stacks' outputs are not normed). */
    norm_first: z.boolean().default(false),
    /** A norm after each stack; the paper has none, torch's class always. */
    final_norms: z.boolean().optional(),
    /** One matrix for the embeddings of source, target and output (section 3.4). */
    tie: z.boolean().default(true),
    max_position_embeddings: size.default(5000),
    decoder_start_token_id: z.int().nonnegative().default(1),
    ...specialTokens,
    pad_token_id: z.int().nonnegative().default(0),
  })
  .refine((c) => c.d_model % c.nhead === 0, {
    path: ["nhead"],
    message: "d_model is not divisible by nhead",
  });

export type TransformerConfig = z.infer<typeof TransformerConfig>;
