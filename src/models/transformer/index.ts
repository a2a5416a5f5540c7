/** @file "Attention is all you need" (Vaswani et al. 2017), part by part: embeddings times √d plus sines and cosines · an encoder
 *  whose tokens all see each other · a decoder whose tokens see what came before, and the source · the output tied to the
 *  embedding.
 *    x₀ = E[ids]·√d + PE;   encoder layer: x = norm1(x + self(x)); x = norm2(x + linear2(act(linear1(x))))
 *    decoder layer: x = norm1(x + self(x)); x = norm2(x + source(x)); x = norm3(x + linear2(act(linear1(x))))
 *  In training self, source, linear2, act and x₀ are followed by dropout (section 5.4), and so are attention's probabilities.
 *  With `norm_first` each norm stands before its block instead, as everybody has done since. */

import { activationFor, sinusoidalTable } from "../../nn/index.js";
import {
  add,
  type Engine,
  embedding,
  layerNorm,
  linear,
  rowsOf,
  scale,
  type Tensor,
} from "../../tensor/index.js";
import { attendQkv, attendSource } from "../attend.js";
import { specialTokenIds } from "../configFields.js";
import type { DecoderPass } from "../decoder.js";
import { dropped } from "../dropout.js";
import { defineFamily, type Parameters } from "../family.js";
import { createSeq2Seq, shiftBehind } from "../seq2seq.js";
import type { Seq2SeqModel } from "../seq2seqModel.js";
import { TransformerConfig } from "./config.js";
import { hasFinalNorms, transformerParameters } from "./parameters.js";

export const transformer = defineFamily({
  kind: "seq2seq",
  modelTypes: ["transformer"],
  architectures: ["Transformer"],
  config: TransformerConfig,
  head: () => "lm",
  parameters: transformerParameters,
  build: buildTransformer,
});

function buildTransformer(c: TransformerConfig, parameters: Parameters, engine: Engine): Seq2SeqModel {
  const p = (name: string) => parameters.get(name)!;
  const { d_model: dim, nhead: heads } = c;
  const attentionScale = 1 / Math.sqrt(dim / heads);
  const activation = activationFor(c.activation);
  const words = p("embed.weight");
  const places = engine
    .tensor(sinusoidalTable(c.max_position_embeddings, dim, "interleaved"), [c.max_position_embeddings, dim])
    .keep();
  const pair = (name: string) => ({ weight: p(`${name}.weight`), bias: p(`${name}.bias`) });
  type Pair = ReturnType<typeof pair>;
  // After a block the norm's output is the residual stream.
  const stream = !c.norm_first ? ({ dtype: "f32" } as const) : {};
  const norm = (x: Tensor, { weight, bias }: Pair) => layerNorm(x, weight, bias, c.layer_norm_eps, stream);
  const attention = (name: string) => ({
    weight: p(`${name}.in_proj_weight`),
    bias: p(`${name}.in_proj_bias`),
    out: pair(`${name}.out_proj`),
  });
  type Attention = ReturnType<typeof attention>;
  const layersOf = (side: "encoder" | "decoder", count: number) =>
    Array.from({ length: count }, (_, i) => {
      const l = `transformer.${side}.layers.${i}`;
      const norms = side === "encoder" ? [1, 2] : [1, 2, 3];
      return {
        self: attention(`${l}.self_attn`),
        ...(side === "decoder" ? { cross: attention(`${l}.multihead_attn`) } : {}),
        linear1: pair(`${l}.linear1`),
        linear2: pair(`${l}.linear2`),
        norms: norms.map((n) => pair(`${l}.norm${n}`)),
      };
    });

  /** x + out(f(·)) with its norm before or behind. */
  const block = (
    x: Tensor,
    n: Pair,
    { weight, bias }: Pair,
    { drop }: DecoderPass,
    f: (x: Tensor) => Tensor,
  ): Tensor => {
    const join = (y: Tensor) => linear(y, weight, { bias, residual: x, dropout: drop?.(c.dropout) });
    return c.norm_first ? join(f(norm(x, n))) : norm(join(f(x)), n);
  };
  /** Rows from·d to to·d of the joined projection: queries, keys, values. */
  const part = ({ weight, bias }: Attention, x: Tensor, from: number, to: number) =>
    linear(x, rowsOf(weight, from * dim, to * dim), { bias: rowsOf(bias, from * dim, to * dim) });
  const selfBlock = (x: Tensor, a: Attention, n: Pair, pass: DecoderPass, layer: number) =>
    block(x, n, a.out, pass, (y) => {
      const qkv = linear(y, a.weight, { bias: a.bias });
      return attendQkv(qkv, pass, {
        layer,
        heads,
        kvHeads: heads,
        scale: attentionScale,
        dropout: pass.drop?.(c.dropout),
      });
    });

  const stack = (side: "encoder" | "decoder") => {
    const finalNorm = hasFinalNorms(c) ? pair(`transformer.${side}.norm`) : undefined;
    return {
      prepare: () => null,
      embed: (pass: DecoderPass) =>
        dropped(
          add(
            scale(embedding(words, pass.ids), Math.sqrt(dim)),
            embedding(places, engine.tensor(pass.positions, [pass.batch, pass.seq])),
          ),
          pass.drop,
          c.dropout,
        ),
      norm: (x: Tensor) => (finalNorm === undefined ? x : norm(x, finalNorm)),
    };
  };
  const encoderLayers = layersOf("encoder", c.num_encoder_layers);
  const decoderLayers = layersOf("decoder", c.num_decoder_layers);
  type Layer = (typeof encoderLayers)[number];
  const feedForward = (x: Tensor, l: Layer, pass: DecoderPass) =>
    block(x, l.norms.at(-1)!, l.linear2, pass, (y) =>
      linear(y, l.linear1.weight, { bias: l.linear1.bias, activation, dropout: pass.drop?.(c.dropout) }),
    );
  const sourceKeys = (layer: number, hidden: Tensor) => {
    const { cross } = decoderLayers[layer]!;
    return { k: part(cross!, hidden, 1, 2), v: part(cross!, hidden, 2, 3) };
  };

  return createSeq2Seq<null, null>({
    facts: {
      family: "transformer",
      config: c,
      engine,
      parameters,
      dim,
      heads,
      headDim: dim / heads,
      encoderLayers: c.num_encoder_layers,
      decoderLayers: c.num_decoder_layers,
      vocabSize: c.vocab_size,
      targetVocabSize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      decoderStartTokenId: c.decoder_start_token_id,
      ...specialTokenIds(c),
    },
    encoder: {
      ...stack("encoder"),
      layers: c.num_encoder_layers,
      layer(i, x, pass) {
        const l = encoderLayers[i]!;
        return feedForward(selfBlock(x, l.self, l.norms[0]!, pass, i), l, pass);
      },
    },
    decoder: {
      ...stack("decoder"),
      layers: c.num_decoder_layers,
      layer(i, x, pass) {
        const l = decoderLayers[i]!;
        const y = selfBlock(x, l.self, l.norms[0]!, pass, i);
        const z = block(y, l.norms[1]!, l.cross!.out, pass, (of) =>
          attendSource(
            part(l.cross!, of, 0, 1),
            pass,
            { layer: i, heads, scale: attentionScale, dropout: pass.drop?.(c.dropout) },
            (hidden) => sourceKeys(i, hidden),
          ),
        );
        return feedForward(z, l, pass);
      },
    },
    sourceKeys,
    head: parameters.get("out.weight") ?? words,
    shiftRight: shiftBehind(c.decoder_start_token_id, c.pad_token_id),
    dispose: () => places.dispose(),
  });
}
