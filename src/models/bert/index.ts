/** @file BERT (Devlin et al. 2018) and its relatives: learned positions · layer norm after each block · no final norm.
 *    x = norm(word[ids] + type[types] + place[positions]);  x = norm(x + o(attn(q(x), k(x), v(x))));
 *    x = norm(x + outer(act(inner(x))));  words: norm(act(dense(x)))·wordᵀ + b
 *  RoBERTa (Liu et al. 2019) counts positions behind its padding id, over tokens that are no padding; DistilBERT (Sanh et
 *  al. 2019) has neither token types nor a pooler. Their names and heads: `names.ts`. */

import { activationFor } from "../../nn/index.js";
import { add, type Engine, embedding, linear, type Tensor } from "../../tensor/index.js";
import { labelCountOf, problemOf, specialTokenIds } from "../configFields.js";
import { dropped } from "../dropout.js";
import { assembleEncoder, attendAround } from "../encoder.js";
import type { EncoderHead, EncoderInput, EncoderModel } from "../encoderModel.js";
import { defineFamily, type Parameters } from "../family.js";
import { encoderClass, headOfClass } from "../heads/encoderClasses.js";
import { type EncoderHeadParts, type Norm, normed, type Projection, project } from "../heads/encoderHead.js";
import { BERT_TYPES, BertConfig, type BertShape, DistilBertConfig, shapeOf } from "./config.js";
import { bertNames } from "./names.js";
import { bertParameters, bodyName, hasPooler } from "./parameters.js";

const shared = {
  kind: "encoder",
  head: (c: BertConfig | DistilBertConfig) => headOfClass(c.architectures),
  architecture: (c: BertConfig | DistilBertConfig, head: EncoderHead) =>
    encoderClass(bertNames[c.model_type].family, head),
  parameters: bertParameters,
  build: buildBert,
} as const;

export const bert = defineFamily<"encoder", BertConfig>({
  ...shared,
  modelTypes: BERT_TYPES,
  architectures: BERT_TYPES.map((type) => encoderClass(bertNames[type].family, "masked")),
  config: BertConfig,
});

export const distilbert = defineFamily<"encoder", DistilBertConfig>({
  ...shared,
  modelTypes: ["distilbert"],
  architectures: [encoderClass(bertNames.distilbert.family, "masked")],
  config: DistilBertConfig,
});

function buildBert(
  c: BertConfig | DistilBertConfig,
  parameters: Parameters,
  engine: Engine,
  head: EncoderHead,
): EncoderModel {
  const shape = shapeOf(c);
  const { names, heads, dropout: chance } = shape;
  const activation = activationFor(shape.activation);
  const p = (name: string) => parameters.get(bodyName(shape, head, name))!;
  const pair = (name: string): Projection => ({ weight: p(`${name}.weight`), bias: p(`${name}.bias`) });
  const norm = (name: string): Norm => ({ ...pair(name), eps: shape.eps });
  const stream = { dtype: "f32" } as const; // the norms' outputs are the residual stream
  const blocks = Array.from({ length: shape.layers }, (_, i) => {
    const l = `${names.layers}.${i}`;
    return {
      q: pair(`${l}.${names.query}`),
      k: pair(`${l}.${names.key}`),
      v: pair(`${l}.${names.value}`),
      o: pair(`${l}.${names.attended}`),
      attendedNorm: norm(`${l}.${names.attendedNorm}`),
      inner: pair(`${l}.${names.inner}`),
      outer: pair(`${l}.${names.outer}`),
      outerNorm: norm(`${l}.${names.outerNorm}`),
    };
  });
  const embeddings = {
    word: p("embeddings.word_embeddings.weight"),
    place: p("embeddings.position_embeddings.weight"),
    type: parameters.get(bodyName(shape, head, "embeddings.token_type_embeddings.weight")),
    norm: norm("embeddings.LayerNorm"),
  };
  const { positionsFrom, paddingId } = shape;

  return assembleEncoder<null>({
    facts: {
      family: c.model_type,
      config: c,
      engine,
      parameters,
      layers: shape.layers,
      dim: shape.dim,
      heads,
      headDim: shape.dim / heads,
      vocabSize: shape.vocab,
      contextLength: shape.positions - (positionsFrom === undefined ? 0 : positionsFrom + 1),
      ...specialTokenIds(c),
    },
    head: headParts(c, shape, parameters, head),
    tokenTypes: shape.tokenTypes,
    learnedPositions: shape.positions,
    ...(positionsFrom === undefined
      ? {}
      : { positions: (input: EncoderInput) => countedPositions(input, positionsFrom) }),
    prepare: () => null,
    embed(pass) {
      const at = (rows: Int32Array) => engine.tensor(rows, [pass.batch, pass.seq]);
      let x = embedding(embeddings.word, pass.ids, { paddingId });
      if (embeddings.type) x = add(x, embedding(embeddings.type, at(pass.tokenTypes)));
      const places = embedding(embeddings.place, at(pass.positions), { paddingId: positionsFrom });
      return dropped(normed(add(x, places), embeddings.norm, stream), pass.drop, chance.embedding);
    },
    layer(i, x, pass) {
      const b = blocks[i]!;
      const attended = attendAround(project(x, b.q), project(x, b.k), project(x, b.v), pass, {
        heads,
        dropout: pass.drop?.(chance.probabilities),
      });
      const joined = (of: Tensor, { weight, bias }: Projection, residual: Tensor, p: number) =>
        linear(of, weight, { bias, residual, dropout: pass.drop?.(p) });
      const y = normed(joined(attended, b.o, x, chance.attended), b.attendedNorm, stream);
      const inner = linear(y, b.inner.weight, { bias: b.inner.bias, activation });
      return normed(joined(inner, b.outer, y, chance.outer), b.outerNorm, stream);
    },
    norm: (x) => x,
  });
}

function headParts(
  c: BertConfig | DistilBertConfig,
  shape: BertShape,
  parameters: Parameters,
  head: EncoderHead,
): EncoderHeadParts {
  const { masked, sequence, pooler: poolerName } = shape.names;
  const pair = (name: string): Projection => ({
    weight: parameters.get(`${name}.weight`)!,
    bias: parameters.get(`${name}.bias`)!,
  });
  // The file of a body may lack it.
  const poolerAt = hasPooler(shape, head) ? bodyName(shape, head, poolerName!) : undefined;
  const pooler =
    poolerAt !== undefined && parameters.has(`${poolerAt}.weight`)
      ? { ...pair(poolerAt), activation: "tanh" as const }
      : undefined;
  const classes = head === "sequence" || head === "token";
  const facts = { head, pooler, labels: classes ? labelCountOf(c) : 0, problem: problemOf(c) };
  if (head === "none") return facts;
  if (head === "token")
    return { ...facts, dropout: { scores: shape.dropout.token }, scores: pair("classifier") };
  if (head === "sequence") {
    const { dense, activation, out, dropsBefore } = sequence;
    const chance = shape.dropout.sequence;
    return {
      ...facts,
      dropout: { transform: dropsBefore ? chance : 0, scores: chance },
      transform: dense === "pooler" ? pooler : { ...pair(dense), activation },
      scores: pair(out),
    };
  }
  const words = parameters.get(bodyName(shape, head, "embeddings.word_embeddings.weight"))!;
  return {
    ...facts,
    transform: {
      ...pair(masked.dense),
      activation: masked.activation ?? activationFor(shape.activation),
      norm: { ...pair(masked.norm), eps: shape.eps },
    },
    scores: {
      weight: parameters.get(`${masked.decoder}.weight`) ?? words,
      bias: parameters.get(masked.bias),
    },
    ...(head === "pretraining" ? { nextSentence: pair("cls.seq_relationship") } : {}),
  };
}

/** RoBERTa: padding stands at the padding's id, the n-th other token of its sequence at that id + n. By ids, not by the mask. */
function countedPositions({ inputIds, seq, documentStarts }: EncoderInput, from: number): Int32Array {
  let count = 0;
  return inputIds.map((id, i) => {
    if (i % seq === (documentStarts?.[i] ?? 0)) count = 0;
    return id === from ? from : from + ++count;
  });
}
