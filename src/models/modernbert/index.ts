/** @file ModernBERT (Warner et al. 2024): layer norm before each block, but none before the first attention · rotary positions,
 *  of one base where a layer sees everything and of another where it sees its neighbourhood, |i − j| ≤ local_attention/2 ·
 *  one projection for q, k and v · gated feed-forward · mostly no biases.
 *    x = norm(word[ids]);  x += Wo(attn(rope(Wqkv(norm(x)))));  [u, g] = Wi(norm(x)); x += Wo(act(u) ⊙ g);  norm at the end.
 *  Heads put norm(act(dense(·))) before their scores. */

import { activationFor, createRopeTables } from "../../nn/index.js";
import { type Engine, embedding, gated, linear, rope, slice, type Tensor } from "../../tensor/index.js";
import { labelCountOf, problemOf, specialTokenIds } from "../configFields.js";
import { dropped } from "../dropout.js";
import { assembleEncoder, attendAround } from "../encoder.js";
import type { EncoderHead, EncoderModel } from "../encoderModel.js";
import {
  defineFamily,
  normal,
  ones,
  type ParameterRow,
  type Parameters,
  type ParameterTable,
  zeros,
} from "../family.js";
import { encoderClass, headOfClass } from "../heads/encoderClasses.js";
import { type EncoderHeadParts, type Norm, normed, type Projection, project } from "../heads/encoderHead.js";
import { ModernBertConfig } from "./config.js";

export const modernbert = defineFamily<"encoder", ModernBertConfig>({
  kind: "encoder",
  modelTypes: ["modernbert"],
  architectures: ["ModernBertForMaskedLM"],
  architecture: (_, head) => encoderClass("ModernBert", head),
  config: ModernBertConfig,
  head: (c) => headOfClass(c.architectures),
  parameters: modernBertParameters,
  build: buildModernBert,
});

/** A body alone is published without the prefix. */
const bodyName = (head: EncoderHead, name: string) => (head === "none" ? name : `model.${name}`);
const BODY = /^(embeddings|layers|final_norm)\./;
const HEADS = /^(head|decoder|classifier)\./;

function modernBertParameters(c: ModernBertConfig, head: EncoderHead): ParameterTable {
  const { hidden_size: dim, intermediate_size: inner, vocab_size: vocab } = c;
  const init = normal(c.initializer_range);
  // Projections that end in the residual stream, which is a sum of two a layer.
  const residual = normal(c.initializer_range / Math.sqrt(2 * c.num_hidden_layers));
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    ...(c.norm_bias ? [[`${name}.bias`, [dim], zeros] as const] : []),
  ];
  const dense = (name: string, from: number, to: number, biased: boolean, values = init): ParameterRow[] => [
    [`${name}.weight`, [to, from], values],
    ...(biased ? [[`${name}.bias`, [to], zeros] as const] : []),
  ];
  const layer = (i: number): ParameterRow[] => [
    ...(i === 0 ? [] : norm(`layers.${i}.attn_norm`)),
    ...dense(`layers.${i}.attn.Wqkv`, dim, 3 * dim, c.attention_bias),
    ...dense(`layers.${i}.attn.Wo`, dim, dim, c.attention_bias, residual),
    ...norm(`layers.${i}.mlp_norm`),
    ...dense(`layers.${i}.mlp.Wi`, dim, 2 * inner, c.mlp_bias),
    ...dense(`layers.${i}.mlp.Wo`, inner, dim, c.mlp_bias, residual),
  ];
  const body: ParameterRow[] = [
    ["embeddings.tok_embeddings.weight", [vocab, dim], init],
    ...norm("embeddings.norm"),
    ...Array.from({ length: c.num_hidden_layers }, (_, i) => layer(i)).flat(),
    ...norm("final_norm"),
  ];
  const before = [...dense("head.dense", dim, dim, c.classifier_bias), ...norm("head.norm")];
  const tied = c.tie_word_embeddings;
  const words: ParameterRow[] = [
    ...(tied ? [] : [["decoder.weight", [vocab, dim], init] as const]),
    ...(c.decoder_bias ? [["decoder.bias", [vocab], zeros] as const] : []),
  ];
  const scores = head === "masked" ? words : dense("classifier", dim, labelCountOf(c), true);
  const heads = head === "none" ? [] : [...before, ...scores];
  const isHead = new Set(heads.map(([name]) => name));
  return {
    rows: [...body.map(([name, ...row]): ParameterRow => [bodyName(head, name), ...row]), ...heads],
    tied:
      head === "masked" && tied
        ? { "decoder.weight": bodyName(head, "embeddings.tok_embeddings.weight") }
        : {},
    canonical(published) {
      const name = published.replace(/^model\./, "");
      return BODY.test(name) ? bodyName(head, name) : published;
    },
    ignored: (name) => HEADS.test(name) || name.endsWith("rotary_emb.inv_freq"),
    absent: (name) => (isHead.has(name) ? "new" : undefined),
  };
}

function buildModernBert(
  c: ModernBertConfig,
  parameters: Parameters,
  engine: Engine,
  head: EncoderHead,
): EncoderModel {
  const heads = c.num_attention_heads;
  const dim = c.hidden_size;
  const headDim = dim / heads;
  const act = activationFor(c.hidden_activation);
  const tables = Object.fromEntries(
    (["full_attention", "sliding_attention"] as const).map((kind) => [
      kind,
      createRopeTables(engine, {
        parameters: { rope_type: "default", rope_theta: c.rope_parameters[kind].rope_theta },
        dim: headDim,
        maxPositions: c.max_position_embeddings,
      }),
    ]),
  );
  const projection = (name: string): Projection => ({
    weight: parameters.get(bodyName(head, `${name}.weight`))!,
    bias: parameters.get(bodyName(head, `${name}.bias`)),
  });
  const norm = (name: string): Norm => ({ ...projection(name), eps: c.norm_eps });
  const blocks = c.layer_types.map((kind, i) => ({
    kind,
    reach: kind === "full_attention" ? undefined : Math.floor(c.local_attention / 2),
    attnNorm: i === 0 ? undefined : norm(`layers.${i}.attn_norm`),
    qkv: projection(`layers.${i}.attn.Wqkv`),
    o: projection(`layers.${i}.attn.Wo`),
    mlpNorm: norm(`layers.${i}.mlp_norm`),
    inner: projection(`layers.${i}.mlp.Wi`),
    outer: projection(`layers.${i}.mlp.Wo`),
  }));
  const words = parameters.get(bodyName(head, "embeddings.tok_embeddings.weight"))!;
  const embeddingNorm = norm("embeddings.norm");
  const finalNorm = norm("final_norm");

  return assembleEncoder<Record<string, { cos: Tensor; sin: Tensor }>>({
    facts: {
      family: c.model_type,
      config: c,
      engine,
      parameters,
      layers: c.num_hidden_layers,
      dim,
      heads,
      headDim,
      vocabSize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      ...specialTokenIds(c),
    },
    head: headParts(c, parameters, head, words),
    reaches: [...new Set(blocks.map((b) => b.reach))],
    tokenTypes: 0,
    prepare: (pass) =>
      Object.fromEntries(Object.entries(tables).map(([kind, table]) => [kind, table.at(pass.positions)])),
    embed: (pass) =>
      dropped(
        normed(embedding(words, pass.ids, { paddingId: c.pad_token_id ?? undefined }), embeddingNorm, {
          dtype: "f32", // the residual stream begins
        }),
        pass.drop,
        c.embedding_dropout,
      ),
    layer(i, x, pass, angles) {
      const b = blocks[i]!;
      const qkv = project(b.attnNorm === undefined ? x : normed(x, b.attnNorm), b.qkv);
      const part = (at: number) => slice(qkv, 2, at * dim, (at + 1) * dim);
      const { cos, sin } = angles[b.kind]!;
      const turned = (at: number) => rope(part(at), cos, sin, headDim, { inPlace: true });
      const attended = attendAround(turned(0), turned(1), part(2), pass, {
        heads,
        reach: b.reach,
        dropout: pass.drop?.(c.attention_dropout),
      });
      const y = linear(attended, b.o.weight, {
        bias: b.o.bias,
        residual: x,
        dropout: pass.drop?.(c.attention_dropout),
      });
      const inner = project(normed(y, b.mlpNorm), b.inner);
      const half = inner.columns / 2;
      const z = gated(act, slice(inner, 2, 0, half), slice(inner, 2, half, 2 * half));
      return linear(dropped(z, pass.drop, c.mlp_dropout), b.outer.weight, {
        bias: b.outer.bias,
        residual: y,
      });
    },
    norm: (x) => normed(x, finalNorm),
    dispose() {
      for (const table of Object.values(tables)) table.dispose();
    },
  });
}

function headParts(
  c: ModernBertConfig,
  parameters: Parameters,
  head: EncoderHead,
  words: Tensor,
): EncoderHeadParts {
  const labels = head === "sequence" || head === "token" ? labelCountOf(c) : 0;
  const facts = { head, labels, problem: problemOf(c) };
  if (head === "none") return facts;
  const pair = (name: string): Projection => ({
    weight: parameters.get(`${name}.weight`)!,
    bias: parameters.get(`${name}.bias`),
  });
  return {
    ...facts,
    ...(labels > 0 ? { dropout: { scores: c.classifier_dropout } } : {}),
    pooling: c.classifier_pooling === "mean" ? "mean" : "first",
    transform: {
      ...pair("head.dense"),
      activation: activationFor(c.classifier_activation),
      norm: { ...pair("head.norm"), eps: c.norm_eps },
    },
    scores:
      head === "masked"
        ? { weight: parameters.get("decoder.weight") ?? words, bias: parameters.get("decoder.bias") }
        : pair("classifier"),
  };
}
