/** @file T5 (Raffel et al. 2019) and its v1.1: an encoder and decoder without biases, RMS norm before each block, and positions
 *  as a learned bias on the scores of self-attention, one a head and bucket of distance, held by the first layer and used
 *  by all. Scores are not scaled (the initial values allow for that).
 *    x += o(attn(q(n), k(n), v(n); bias[bucket(j − i)]));  x += wo(act(wi(n)))  or, gated,  wo(act(wi_0(n)) ⊙ wi_1(n))
 *    logits = d_model^-½ · decoder · Eᵀ (v1.0, tied)  or  lm_head(decoder) (v1.1) */

import { activationFor, biasedAttention, relativeBuckets } from "../../nn/index.js";
import { type Engine, embedding, gated, linear, permute, rmsNorm, type Tensor } from "../../tensor/index.js";
import { attendSource, remember } from "../attend.js";
import { specialTokenIds } from "../configFields.js";
import type { DecoderPass } from "../decoder.js";
import { dropped } from "../dropout.js";
import { defineFamily, type Parameters } from "../family.js";
import { createSeq2Seq, shiftBehind } from "../seq2seq.js";
import type { Seq2SeqModel } from "../seq2seqModel.js";
import { T5Config } from "./config.js";
import { t5Parameters } from "./parameters.js";

export const t5 = defineFamily({
  kind: "seq2seq",
  modelTypes: ["t5", "mt5"],
  architectures: ["T5ForConditionalGeneration", "MT5ForConditionalGeneration"],
  config: T5Config,
  head: () => "lm",
  parameters: t5Parameters,
  build: buildT5,
});

function buildT5(c: T5Config, parameters: Parameters, engine: Engine): Seq2SeqModel {
  const p = (name: string) => parameters.get(`${name}.weight`)!;
  const { num_heads: heads, d_model: dim, d_kv: headDim } = c;
  const words = p("shared");
  const activation = activationFor(c.dense_act_fn);
  const attention = (name: string) => ({
    q: p(`${name}.q`),
    k: p(`${name}.k`),
    v: p(`${name}.v`),
    o: p(`${name}.o`),
  });
  const blocks = (side: "encoder" | "decoder", layers: number) =>
    Array.from({ length: layers }, (_, i) => {
      const block = `${side}.block.${i}.layer`;
      const cross = side === "decoder";
      const mlp = `${block}.${cross ? 2 : 1}`;
      return {
        self: attention(`${block}.0.SelfAttention`),
        selfNorm: p(`${block}.0.layer_norm`),
        ...(cross
          ? { cross: attention(`${block}.1.EncDecAttention`), crossNorm: p(`${block}.1.layer_norm`) }
          : {}),
        wi: c.is_gated_act
          ? [p(`${mlp}.DenseReluDense.wi_0`), p(`${mlp}.DenseReluDense.wi_1`)]
          : [p(`${mlp}.DenseReluDense.wi`)],
        wo: p(`${mlp}.DenseReluDense.wo`),
        mlpNorm: p(`${mlp}.layer_norm`),
      };
    });
  type Layer = ReturnType<typeof blocks>[number];
  /** The last product of a block, which joins the stream. */
  const join = (y: Tensor, weight: Tensor, residual: Tensor, { drop }: DecoderPass) =>
    linear(y, weight, { residual, dropout: drop?.(c.dropout_rate) });
  const norm = (x: Tensor, gain: Tensor) => rmsNorm(x, gain, { eps: c.layer_norm_epsilon });

  const selfAttention = (x: Tensor, b: Layer, pass: DecoderPass, layer: number, bias: Tensor) => {
    const n = norm(x, b.selfNorm);
    const [q, k, v] = [linear(n, b.self.q), linear(n, b.self.k), linear(n, b.self.v)];
    if (pass.cache !== undefined) remember(k, v, k.columns, pass, layer);
    const held = pass.cache?.layers[layer] ?? { k, v };
    const attended = biasedAttention(q, held.k, held.v, {
      heads,
      scale: 1,
      keys: pass.past + pass.seq,
      bias,
      dropout: pass.drop?.(c.dropout_rate),
      ranges: pass.ranges(undefined),
      attentions: pass.attentions,
    });
    return join(attended, b.self.o, x, pass);
  };
  const feedForward = (x: Tensor, b: Layer, pass: DecoderPass) => {
    const n = norm(x, b.mlpNorm);
    const inner =
      b.wi.length === 2
        ? dropped(gated(activation, linear(n, b.wi[0]!), linear(n, b.wi[1]!)), pass.drop, c.dropout_rate)
        : linear(n, b.wi[0]!, { activation, dropout: pass.drop?.(c.dropout_rate) });
    return join(inner, b.wo, x, pass);
  };

  /** Embedding, final norm, and the bias [heads, queries, keys] that all layers of a stack share. */
  const stack = (side: "encoder" | "decoder") => {
    const table = p(`${side}.block.0.layer.0.SelfAttention.relative_attention_bias`);
    const finalNorm = p(`${side}.final_layer_norm`);
    return {
      trainsState: true,
      prepare({ seq, past }: DecoderPass): Tensor {
        const buckets = relativeBuckets(seq, past + seq, past, {
          buckets: c.relative_attention_num_buckets,
          maxDistance: c.relative_attention_max_distance,
          bidirectional: side === "encoder",
        });
        return permute(embedding(table, engine.tensor(buckets, [seq, past + seq])), [2, 0, 1]);
      },
      embed: (pass: DecoderPass) => dropped(embedding(words, pass.ids), pass.drop, c.dropout_rate),
      norm: (x: Tensor, pass: DecoderPass) => dropped(norm(x, finalNorm), pass.drop, c.dropout_rate),
    };
  };
  const encoderBlocks = blocks("encoder", c.num_layers);
  const decoderBlocks = blocks("decoder", c.num_decoder_layers);
  const sourceKeys = (layer: number, hidden: Tensor) => {
    const { k, v } = decoderBlocks[layer]!.cross!;
    return { k: linear(hidden, k), v: linear(hidden, v) };
  };

  return createSeq2Seq<Tensor, Tensor>({
    facts: {
      family: c.model_type,
      config: c,
      engine,
      parameters,
      dim,
      heads,
      headDim,
      encoderLayers: c.num_layers,
      decoderLayers: c.num_decoder_layers,
      vocabSize: c.vocab_size,
      targetVocabSize: c.vocab_size,
      // Distances have no end; this is what memory for scores suggests.
      contextLength: Number.MAX_SAFE_INTEGER,
      decoderStartTokenId: c.decoder_start_token_id,
      ...specialTokenIds(c),
    },
    encoder: {
      ...stack("encoder"),
      layers: c.num_layers,
      layer: (i, x, pass, bias) =>
        feedForward(selfAttention(x, encoderBlocks[i]!, pass, i, bias), encoderBlocks[i]!, pass),
    },
    decoder: {
      ...stack("decoder"),
      layers: c.num_decoder_layers,
      layer(i, x, pass, bias) {
        const b = decoderBlocks[i]!;
        const y = selfAttention(x, b, pass, i, bias);
        const q = linear(norm(y, b.crossNorm!), b.cross!.q);
        const attended = attendSource(
          q,
          pass,
          { layer: i, heads, scale: 1, dropout: pass.drop?.(c.dropout_rate) },
          (hidden) => sourceKeys(i, hidden),
        );
        return feedForward(join(attended, b.cross!.o, y, pass), b, pass);
      },
    },
    sourceKeys,
    head: parameters.get("lm_head.weight") ?? words,
    headScale: c.scale_decoder_outputs ? dim ** -0.5 : 1,
    shiftRight: shiftBehind(c.decoder_start_token_id, c.pad_token_id),
  });
}
