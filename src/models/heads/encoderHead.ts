/** @file The heads that encoders carry. All are one shape: scores = S·transform(x) + b, transform(x) = norm(act(W·x + b)) or
 *  nothing, where x is every token's hidden state (masked words, token classes) or one vector a sequence: the first
 *  token's, or the mean (sequence classes). The loss of masked words computes logits of the tokens asked for alone. */

import { binaryCrossEntropy, squaredError } from "../../nn/index.js";
import {
  type Activation,
  add,
  crossEntropy,
  type Engine,
  gatherRows,
  type LayerNormOptions,
  layerNorm,
  linear,
  linearCrossEntropy,
  type Tensor,
} from "../../tensor/index.js";
import { createDrop, type Drop, dropped, HEAD_PLACE } from "../dropout.js";
import type { EncoderInput, EncoderModel, EncoderTargets } from "../encoderModel.js";
import { poolSequences } from "../sequences.js";

export interface Projection {
  /** [out, in] */
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

export interface Norm extends Projection {
  readonly eps: number;
}

export interface Transform extends Projection {
  readonly activation: Activation;
  readonly norm?: Norm | undefined;
}

export interface EncoderHeadParts extends Pick<EncoderModel, "head" | "labels" | "problem"> {
  /** What sequence classification reads. */
  readonly pooling?: "first" | "mean";
  /** BERT's, of the first token; absent where the family or the file has none. */
  readonly pooler?: Transform | undefined;
  readonly transform?: Transform | undefined;
  /** Chances of dropout, in the loss: of what the transform reads, and of what the scores do. */
  readonly dropout?: { readonly transform?: number; readonly scores?: number };
  /** Absent for the head "none". */
  readonly scores?: Projection | undefined;
  readonly nextSentence?: Projection | undefined;
}

type Head = Pick<
  EncoderModel,
  "head" | "labels" | "problem" | "pooled" | "logits" | "nextSentenceLogits" | "loss"
>;

export const project = (x: Tensor, { weight, bias }: Projection) => linear(x, weight, { bias });

const scored = (x: Tensor, { weight, bias }: Projection) => linear(x, weight, { bias, dtype: "f32" });

export const normed = (x: Tensor, { weight, bias, eps }: Norm, options: LayerNormOptions = {}) =>
  layerNorm(x, weight, bias, eps, options);

function transformed(x: Tensor, transform: Transform | undefined): Tensor {
  if (transform === undefined) return x;
  const { weight, bias, activation, norm } = transform;
  const y = linear(x, weight, { bias, activation });
  return norm === undefined ? y : normed(y, norm);
}

export function encoderHead(parts: EncoderHeadParts, engine: Engine): Head {
  const { head, labels, problem, pooler, transform, scores, nextSentence, pooling = "first" } = parts;
  const chance = { transform: 0, scores: 0, ...parts.dropout };
  const score = (hidden: Tensor, input: EncoderInput, drop?: Drop) => {
    if (scores === undefined) throw new Error("an encoder without a head has no logits");
    const x = head === "sequence" ? poolSequences(hidden, input, pooling) : hidden;
    const y = transformed(dropped(x, drop, chance.transform), transform);
    return scored(dropped(y, drop, chance.scores), scores);
  };
  const logits: Head["logits"] = (hidden, input) => score(hidden, input);
  const pooled =
    pooler &&
    ((hidden: Tensor, input: EncoderInput) => transformed(poolSequences(hidden, input, "first"), pooler));
  const nextSentenceLogits =
    nextSentence &&
    pooled &&
    ((hidden: Tensor, input: EncoderInput) => scored(pooled(hidden, input), nextSentence));

  const masked = (hidden: Tensor, targets: Int32Array, normaliser: number): Tensor => {
    const asked = Int32Array.from(targets.keys()).filter((i) => targets[i]! >= 0);
    const rows = asked.length > 0 ? asked : Int32Array.of(0); // one that has no target: the loss is 0, and differentiable
    const x = transformed(gatherRows(hidden, rows), transform);
    const wanted = engine.tensor(rows.map((i) => targets[i]!));
    return linearCrossEntropy(x, scores!.weight, wanted, normaliser, { bias: scores!.bias }).loss;
  };
  const following = (hidden: Tensor, input: EncoderInput, targets: EncoderTargets): Tensor => {
    if (targets.nextSentence === undefined) throw new Error('the head "pretraining" needs nextSentence');
    const { nextSentence: classes, nextSentenceNormaliser = classes.filter((c) => c >= 0).length } = targets;
    return crossEntropy(nextSentenceLogits!(hidden, input), engine.tensor(classes), nextSentenceNormaliser)
      .loss;
  };
  const classified = (scores: Tensor, targets: EncoderTargets["labels"], normaliser: number): Tensor => {
    if (head === "sequence" && problem === "regression") return squaredError(scores, targets, normaliser);
    if (head === "sequence" && problem === "multi_label_classification")
      return binaryCrossEntropy(scores, Float32Array.from(targets), normaliser);
    return crossEntropy(scores, engine.tensor(Int32Array.from(targets)), normaliser).loss;
  };
  return {
    head,
    labels,
    problem,
    pooled,
    logits,
    nextSentenceLogits,
    loss(hidden, input, targets, normaliser, { dropout } = {}) {
      if (head === "none") throw new Error("an encoder without a head has no loss");
      if (head === "sequence" || head === "token") {
        const drop = dropout && createDrop(dropout, HEAD_PLACE);
        const scores = engine.dropping(dropout?.seed, () => score(hidden, input, drop));
        return classified(scores, targets.labels, normaliser);
      }
      const words = masked(hidden, Int32Array.from(targets.labels), normaliser);
      return head === "pretraining" ? add(words, following(hidden, input, targets)) : words;
    },
  };
}
