/** @file What distinguishes BERT's relatives: where their published files keep the tensors, and what precedes the scores of
 *  a head. Body names stand below `prefix`; heads have names of their own. */

import type { Activation } from "../../tensor/index.js";

export interface BertNames {
  /** Class names: `BertForMaskedLM`. */
  readonly family: string;
  readonly prefix: string;
  /** Layers are `${layers}.0`, `${layers}.1`, …; below them: */
  readonly layers: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attended: string;
  readonly attendedNorm: string;
  readonly inner: string;
  readonly outer: string;
  readonly outerNorm: string;
  /** BERT's, in the body. */
  readonly pooler: string | undefined;
  readonly masked: {
    readonly dense: string;
    readonly norm: string;
    /** Its weight is the embedding's where tied. */
    readonly decoder: string;
    readonly bias: string;
    /** undefined: the model's. */
    readonly activation: Activation | undefined;
  };
  readonly sequence: {
    /** "pooler": the body's. */
    readonly dense: string;
    readonly activation: Activation;
    readonly out: string;
    /** Dropout before the dense layer too. */
    readonly dropsBefore: boolean;
  };
}

const bertLayers = {
  layers: "encoder.layer",
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attended: "attention.output.dense",
  attendedNorm: "attention.output.LayerNorm",
  inner: "intermediate.dense",
  outer: "output.dense",
  outerNorm: "output.LayerNorm",
  pooler: "pooler.dense",
};

const bert: BertNames = {
  family: "Bert",
  prefix: "bert",
  ...bertLayers,
  masked: {
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    decoder: "cls.predictions.decoder",
    bias: "cls.predictions.bias",
    activation: undefined,
  },
  sequence: { dense: "pooler", activation: "tanh", out: "classifier", dropsBefore: false },
};

const roberta: BertNames = {
  family: "Roberta",
  prefix: "roberta",
  ...bertLayers,
  masked: {
    dense: "lm_head.dense",
    norm: "lm_head.layer_norm",
    decoder: "lm_head.decoder",
    bias: "lm_head.bias",
    activation: "gelu",
  },
  sequence: { dense: "classifier.dense", activation: "tanh", out: "classifier.out_proj", dropsBefore: true },
};

const distilbert: BertNames = {
  family: "DistilBert",
  prefix: "distilbert",
  layers: "transformer.layer",
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attended: "attention.out_lin",
  attendedNorm: "sa_layer_norm",
  inner: "ffn.lin1",
  outer: "ffn.lin2",
  outerNorm: "output_layer_norm",
  pooler: undefined,
  masked: {
    dense: "vocab_transform",
    norm: "vocab_layer_norm",
    decoder: "vocab_projector",
    bias: "vocab_projector.bias",
    activation: undefined,
  },
  sequence: { dense: "pre_classifier", activation: "relu", out: "classifier", dropsBefore: false },
};

export const bertNames = {
  bert,
  roberta,
  "xlm-roberta": { ...roberta, family: "XLMRoberta" },
  camembert: { ...roberta, family: "Camembert" },
  distilbert,
} as const satisfies Record<string, BertNames>;

/** Of any head of any relative: in a file, but not in a model that carries another. */
export const HEADS =
  /^(cls|lm_head|classifier|pre_classifier|vocab_transform|vocab_layer_norm|vocab_projector|qa_outputs)\./;
