/** @file Cases of kind `loss`: losses and the gradients of their logits. */

import {
  binaryCrossEntropy,
  classCrossEntropy,
  distillationLoss,
  squaredError,
  zLoss,
} from "../../../../nn/index.js";
import { add, backward, crossEntropy, slice, softcap, type Tensor } from "../../../../tensor/index.js";
import { createComparison } from "../../compare.js";
import { type CaseContext, type CaseKind, type CheckResult, NotHere, resultOfError } from "../kind.js";

interface LossCase {
  readonly id: string;
  readonly what: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly inputs: readonly string[];
  /** "NaN" where there is none. */
  readonly loss: number | string;
}

export const lossKind: CaseKind = {
  name: "loss",
  matches: (json) => json.kind === "loss",
  *run(context) {
    const { cases } = context.json.expected as { cases: readonly LossCase[] };
    for (const c of cases) {
      try {
        yield context.engine().scope(() => check(context, c));
      } catch (error) {
        yield resultOfError(c.id, error);
      }
    }
  },
};

function check(context: CaseContext, c: LossCase): CheckResult {
  const compare = createComparison(c.id);
  const of = (name: string) => context.tensor(`${c.id}.${name}`);
  const { shape } = of("logits");
  const logits = context.engine().parameter(shape).write(of("logits").floats());
  const loss = lossOf(context, c, logits);
  const expected = Number(c.loss);
  compare.number(
    "loss",
    loss.item(),
    expected,
    Number.isNaN(expected) ? 0 : 1e-6 * Math.max(1, Math.abs(expected)),
  );
  if (!Number.isNaN(expected)) {
    backward(loss);
    const gradient = of("grad").floats();
    const most = gradient.reduce((m, g) => Math.max(m, Math.abs(g)), 1e-3);
    compare.arrays("gradient", logits.grad!.readFloats(), gradient, 2e-6 * most);
  }
  logits.dispose();
  return compare.result();
}

function lossOf(context: CaseContext, c: LossCase, logits: Tensor): Tensor {
  const { id, settings } = c;
  const of = (name: string) => context.tensor(`${id}.${name}`);
  const weights = (name: string) => (c.inputs.includes(name) ? of(name).floats() : undefined);
  const number = (key: string) => Number(settings[key]);
  const ints = () => of("labels").ints();
  const cross = (z: Tensor, labels: Int32Array, normaliser = counted(labels)) =>
    crossEntropy(z, context.engine().tensor(labels), normaliser).loss;
  const kind = id.replace(/-[\d.]+$/, "");
  switch (kind) {
    case "ce-mean":
    case "ce-large-logits":
    case "ce-all-ignored":
    case "masked-lm":
      return cross(logits, ints());
    case "ce-sum":
      return cross(logits, ints(), 1);
    case "ce-class-weights":
    case "ce-label-smoothing":
    case "ce-label-smoothing-weights":
      return classCrossEntropy(logits, ints(), {
        weights: weights("weight"),
        smoothing: (settings.label_smoothing as number | undefined) ?? 0,
      });
    case "hf-label-smoother":
      return classCrossEntropy(logits, ints(), { smoothing: number("epsilon") });
    case "hf-label-smoother-shift": {
      const [z, labels] = shifted(logits, ints());
      return classCrossEntropy(z, labels, { smoothing: number("epsilon") });
    }
    case "causal-lm":
      return cross(...shifted(logits, ints()));
    case "causal-lm-num-items":
      return cross(...shifted(logits, ints()), number("num_items_in_batch"));
    case "z-loss":
      return zLoss(logits, ints(), number("coefficient"));
    case "ce-plus-z-loss":
      return add(cross(logits, ints()), zLoss(logits, ints(), number("coefficient")));
    case "bce-multilabel":
    case "bce-pos-weight":
      return binaryCrossEntropy(logits, of("labels").floats(), logits.size, weights("pos_weight"));
    case "mse-regression":
      return squaredError(logits, of("labels").floats(), logits.size);
    case "kl-distillation": {
      const teacher = context.engine().tensor(of("teacher").floats(), of("teacher").shape);
      return distillationLoss(logits, teacher, number("T"), logits.rows);
    }
    case "softcap-ce":
      return cross(softcap(logits, number("cap")), ints());
    default:
      throw new NotHere(`there is no loss ${kind} here`);
  }
}

const counted = (labels: Int32Array) => labels.filter((label) => label >= 0).length;

/** Each position's logits beside the label of the next. */
function shifted(logits: Tensor, labels: Int32Array): [Tensor, Int32Array] {
  const [, seq] = logits.shape as [number, number, number];
  return [slice(logits, 1, 0, seq - 1), labels.filter((_, i) => i % seq > 0)];
}
