/** @file The original transformer (Vaswani et al. 2017) as Marian publishes it for translation, and its relatives BART (Lewis et
 *  al. 2019), mBART and Pegasus: an encoder that sees the whole source, a decoder whose layers look at what came before,
 *  then at the source. What distinguishes them (`shapeOf`): norms before or after each block, positions, a norm on the
 *  embeddings. One word embedding is input to both stacks and the output.
 *    block(x) = norm(x + f(x))  (post)   or   x + f(norm(x))  (pre);   f: self-attention, attention to the source, feed-forward
 *    logits = decoder·Eᵀ + final_logits_bias */

import { activationFor, sinusoidalTable } from "../../nn/index.js";
import { add, type Engine, embedding, layerNorm, linear, scale, type Tensor } from "../../tensor/index.js";
import { attend, attendSource } from "../attend.js";
import { specialTokenIds } from "../configFields.js";
import type { DecoderPass } from "../decoder.js";
import { dropped } from "../dropout.js";
import { defineFamily, type Parameters } from "../family.js";
import { createSeq2Seq, shiftBehind } from "../seq2seq.js";
import type { Seq2SeqModel } from "../seq2seqModel.js";
import { BART_TYPES, BartConfig, shapeOf } from "./config.js";
import { bartParameters, POSITION_OFFSET } from "./parameters.js";

export const bart = defineFamily({
  kind: "seq2seq",
  modelTypes: BART_TYPES,
  architectures: [
    "BartForConditionalGeneration",
    "MBartForConditionalGeneration",
    "MarianMTModel",
    "PegasusForConditionalGeneration",
  ],
  config: BartConfig,
  head: () => "lm",
  parameters: bartParameters,
  build: buildBart,
});

type Block = (x: Tensor) => Tensor;

function buildBart(c: BartConfig, parameters: Parameters, engine: Engine): Seq2SeqModel {
  const p = (name: string) => parameters.get(name)!;
  const { d_model: dim, decoder_attention_heads: heads, max_position_embeddings: places } = c;
  const shape = shapeOf(c);
  const activation = activationFor(c.activation_function);
  const tables: Tensor[] = [];
  const pair = (name: string) => ({ weight: p(`${name}.weight`), bias: p(`${name}.bias`) });
  type Pair = ReturnType<typeof pair>;
  // After a block the norm's output is the residual stream.
  const stream = shape.norm === "post" ? ({ dtype: "f32" } as const) : {};
  const norm = (x: Tensor, { weight, bias }: Pair) => layerNorm(x, weight, bias, 1e-5, stream);
  const project = (x: Tensor, { weight, bias }: Pair) => linear(x, weight, { bias });
  const attention = (name: string) => ({
    q: pair(`${name}.q_proj`),
    k: pair(`${name}.k_proj`),
    v: pair(`${name}.v_proj`),
    out: pair(`${name}.out_proj`),
    norm: pair(`${name}_layer_norm`),
  });
  const feedForward = (l: string) => ({
    fc1: pair(`${l}.fc1`),
    fc2: pair(`${l}.fc2`),
    norm: pair(`${l}.final_layer_norm`),
  });

  /** A block with its norm and the residual around it; `out` ends f and adds x. */
  const block = (x: Tensor, n: Pair, { weight, bias }: Pair, { drop }: DecoderPass, inner: Block): Tensor => {
    const join = (y: Tensor) => linear(y, weight, { bias, residual: x, dropout: drop?.(c.dropout) });
    return shape.norm === "pre" ? join(inner(norm(x, n))) : norm(join(inner(x)), n);
  };
  const selfBlock = (
    x: Tensor,
    a: ReturnType<typeof attention>,
    pass: DecoderPass,
    layer: number,
    of: number,
  ) =>
    block(x, a.norm, a.out, pass, (y) =>
      attend(project(y, a.q), project(y, a.k), project(y, a.v), pass, {
        layer,
        heads: of,
        kvHeads: of,
        scale: 1 / Math.sqrt(dim / of),
        dropout: pass.drop?.(c.attention_dropout),
      }),
    );
  const feedForwardBlock = (x: Tensor, f: ReturnType<typeof feedForward>, pass: DecoderPass) =>
    block(x, f.norm, f.fc2, pass, (y) =>
      linear(y, f.fc1.weight, {
        bias: f.fc1.bias,
        activation,
        dropout: pass.drop?.(c.activation_dropout),
      }),
    );

  const stack = (side: "encoder" | "decoder") => {
    const name = `model.${side}`;
    const words = parameters.get("model.shared.weight") ?? p(`${name}.embed_tokens.weight`);
    const learned = shape.positions === "learned";
    const table = learned
      ? p(`${name}.embed_positions.weight`)
      : engine.tensor(sinusoidalTable(places, dim, "halves"), [places, dim]).keep();
    if (!learned) tables.push(table);
    const embeddingNorm = shape.embeddingNorm ? pair(`${name}.layernorm_embedding`) : undefined;
    const finalNorm = shape.norm === "pre" ? pair(`${name}.layer_norm`) : undefined;
    return {
      words,
      prepare: () => null,
      embed(pass: DecoderPass) {
        const { batch, seq } = pass;
        const rows = learned ? pass.positions.map((at) => at + POSITION_OFFSET) : pass.positions;
        const tokens = embedding(words, pass.ids, { paddingId: c.pad_token_id });
        const x = c.scale_embedding ? scale(tokens, Math.sqrt(dim)) : tokens;
        const y = add(x, embedding(table, engine.tensor(rows, [batch, seq])));
        const normed =
          embeddingNorm === undefined
            ? y
            : layerNorm(y, embeddingNorm.weight, embeddingNorm.bias, 1e-5, { dtype: "f32" });
        return dropped(normed, pass.drop, c.dropout);
      },
      norm: (x: Tensor) => (finalNorm === undefined ? x : norm(x, finalNorm)),
    };
  };
  const [encoder, decoder] = [stack("encoder"), stack("decoder")];
  const encoderBlocks = Array.from({ length: c.encoder_layers }, (_, i) => ({
    self: attention(`model.encoder.layers.${i}.self_attn`),
    mlp: feedForward(`model.encoder.layers.${i}`),
  }));
  const decoderBlocks = Array.from({ length: c.decoder_layers }, (_, i) => ({
    self: attention(`model.decoder.layers.${i}.self_attn`),
    cross: attention(`model.decoder.layers.${i}.encoder_attn`),
    mlp: feedForward(`model.decoder.layers.${i}`),
  }));
  const sourceKeys = (layer: number, hidden: Tensor) => {
    const { k, v } = decoderBlocks[layer]!.cross;
    return { k: project(hidden, k), v: project(hidden, v) };
  };
  const start = c.decoder_start_token_id ?? undefined;

  return createSeq2Seq({
    facts: {
      family: c.model_type,
      config: c,
      engine,
      parameters,
      dim,
      heads,
      headDim: dim / heads,
      encoderLayers: c.encoder_layers,
      decoderLayers: c.decoder_layers,
      vocabSize: c.vocab_size,
      targetVocabSize: c.decoder_vocab_size,
      contextLength: places,
      decoderStartTokenId: start,
      ...specialTokenIds(c),
    },
    encoder: {
      ...encoder,
      layers: c.encoder_layers,
      layer(i, x, pass) {
        const b = encoderBlocks[i]!;
        return feedForwardBlock(selfBlock(x, b.self, pass, i, c.encoder_attention_heads), b.mlp, pass);
      },
    },
    decoder: {
      ...decoder,
      layers: c.decoder_layers,
      layer(i, x, pass) {
        const b = decoderBlocks[i]!;
        const y = selfBlock(x, b.self, pass, i, heads);
        const z = block(y, b.cross.norm, b.cross.out, pass, (of) =>
          attendSource(
            project(of, b.cross.q),
            pass,
            { layer: i, heads, scale: 1 / Math.sqrt(dim / heads), dropout: pass.drop?.(c.attention_dropout) },
            (hidden) => sourceKeys(i, hidden),
          ),
        );
        return feedForwardBlock(z, b.mlp, pass);
      },
    },
    sourceKeys,
    head: decoder.words,
    headBias: p("final_logits_bias"),
    shiftRight:
      c.model_type === "mbart"
        ? languageFirst(c.pad_token_id)
        : shiftBehind(start ?? c.pad_token_id, c.pad_token_id),
    dispose() {
      for (const table of tables) table.dispose();
    },
  });
}

/** mBART's labels end in the language, which its decoder begins with: the last token that is not padding moves to the front. */
function languageFirst(pad: number): Seq2SeqModel["shiftRight"] {
  return (labels, batch) => {
    const seq = labels.length / batch;
    const clean = labels.map((id) => (id === -100 ? pad : id));
    return Int32Array.from(clean, (_, i) => {
      if (i % seq !== 0) return clean[i - 1]!;
      let last = i + seq - 1;
      while (last > i && clean[last] === pad) last--;
      return clean[last]!;
    });
  };
}
