/** @file A decoder with a linear score head instead of a language model's: one set of scores a sequence, from its last real
 *  token (reward models, classification), or one a token. `LlamaForSequenceClassification` and its like.
 *    sequence: scores [batch, labels] = W·hidden[last token that is not pad];  token: scores [batch, seq, labels] = W·hidden + b */

import { z } from "zod";
import { binaryCrossEntropy, squaredError } from "../../nn/index.js";
import { UserError } from "../../platform/errors.js";
import { crossEntropy, gatherRows, linear, type Tensor } from "../../tensor/index.js";
import { labelCountOf, labelFields, problemOf } from "../configFields.js";
import type { ProblemType } from "../encoderModel.js";
import {
  normal,
  type ParameterRow,
  type ParameterTable,
  parseConfig,
  type RawConfig,
  zeros,
} from "../family.js";
import { type LoadModelOptions, loadParameters, readConfig } from "../load.js";
import type { CausalModel, DecoderInput, ForwardOptions } from "../model.js";
import { familyFor } from "../registry.js";

export type ClassifierKind = "sequence" | "token";

export interface Classifier {
  readonly kind: ClassifierKind;
  readonly body: CausalModel;
  /** The body's and the head's. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly labels: number;
  readonly problem: ProblemType;
  scores(input: DecoderInput, options?: ForwardOptions): Tensor;
  /** Sum over targets / normaliser. Targets: a label a sequence or token (−100: none); for regression and several labels at
   *  once the values, of the scores' shape. */
  loss(scores: Tensor, targets: Int32Array | Float32Array, normaliser: number): Tensor;
  dispose(): void;
}

/** Whether config.json's architecture is such a classifier, and which. */
export function classifierKind(config: RawConfig): ClassifierKind | undefined {
  const architecture = Array.isArray(config.architectures) ? String(config.architectures[0]) : "";
  if (architecture.endsWith("ForSequenceClassification")) return "sequence";
  return architecture.endsWith("ForTokenClassification") ? "token" : undefined;
}

export function loadClassifier(folder: string, options: LoadModelOptions): Classifier {
  const { file, config } = readConfig(folder, options.configName);
  const kind = classifierKind(config);
  if (kind === undefined)
    throw new UserError({
      code: "architecture-unknown",
      file,
      at: "architectures",
      message: "is no classifier",
      found: config.architectures,
      expected: "…ForSequenceClassification or …ForTokenClassification",
    });
  const about = parseConfig(z.looseObject(labelFields), config, file);
  const labels = labelCountOf(about);
  const prepared = familyFor(config, "causal", file).prepare(config, { file, head: "none" });
  const table = withScores(
    prepared.table,
    kind,
    labels,
    Number(prepared.config.n_embd ?? prepared.config.hidden_size),
  );
  const parameters = loadParameters(folder, table, options);
  return buildClassifier(prepared.build(parameters, options.engine), kind, labels, problemOf(about));
}

function withScores(
  table: ParameterTable,
  kind: ClassifierKind,
  labels: number,
  dim: number,
): ParameterTable {
  const weight: ParameterRow = ["score.weight", [labels, dim], normal(0.02)];
  const bias: ParameterRow = ["score.bias", [labels], zeros];
  return {
    ...table,
    rows: [...table.rows, weight, ...(kind === "token" ? [bias] : [])],
    // GPT-2's and GPT-NeoX's heads for tokens have another name.
    canonical: (name) => table.canonical(name.replace(/^classifier\.(?=weight$|bias$)/, "score.")),
  };
}

function buildClassifier(
  body: CausalModel,
  kind: ClassifierKind,
  labels: number,
  problem: Classifier["problem"],
): Classifier {
  const { engine, parameters } = body;
  const weight = parameters.get("score.weight")!;
  return {
    kind,
    body,
    parameters,
    labels,
    problem,
    scores(input, options) {
      const hidden = body.hidden(input, options);
      return linear(kind === "token" ? hidden : lastReal(hidden, input, body.padTokenId), weight, {
        bias: parameters.get("score.bias"),
        dtype: "f32",
      });
    },
    loss(scores, targets, normaliser) {
      if (problem === "regression") return squaredError(scores, targets, normaliser);
      if (problem === "multi_label_classification")
        return binaryCrossEntropy(scores, Float32Array.from(targets), normaliser);
      return crossEntropy(scores, engine.tensor(Int32Array.from(targets)), normaliser).loss;
    },
    dispose: () => body.dispose(),
  };
}

/** The hidden state of each row's last token whose id is not the padding's, [batch, dim]. */
function lastReal(hidden: Tensor, { inputIds, batch, seq }: DecoderInput, pad: number | undefined): Tensor {
  const rows = Int32Array.from({ length: batch }, (_, b) => {
    let last = seq - 1;
    while (last > 0 && inputIds[b * seq + last] === pad) last--;
    return b * seq + last;
  });
  return gatherRows(hidden, rows);
}
