/** @file What cases of ../shared/parity/finetune have in common: their base model beside them, inputs under `input.…`, AdamW. */

import { joinPath, relativePath } from "../../../../platform/files.js";
import { backward, type Tensor, zeroGrad } from "../../../../tensor/index.js";
import { type AdamWGroup, createAdamW } from "../../../../train/optim/adamw.js";
import type { Optimizer } from "../../../../train/optim/optimizer.js";
import { createComparison, type Where } from "../../compare.js";
import { type CaseContext, CaseError, type CheckResult, resultOfError } from "../kind.js";
import type { Inputs } from "../models/inputs.js";
import { openTask, type Task } from "../models/task.js";
import { rowsWhere } from "../models/where.js";

export type Fields = Readonly<Record<string, unknown>>;

export const settingsOf = ({ json }: CaseContext): Fields => json.settings as Fields;
export const expectedOf = ({ json }: CaseContext): Fields => json.expected as Fields;

/** `models/…` stands beside the case, everything else in it. */
export function pathIn(context: CaseContext, path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("models/")) return context.path(path);
  const area = joinPath(context.folder, "..");
  const found = joinPath(area, path);
  if (relativePath(area, found).startsWith(".."))
    throw new CaseError(`case.json names ${JSON.stringify(path)}, which lies outside its area`);
  return found;
}

/** Runs fn with the case's model, opened anew. */
export function withTask<T>(context: CaseContext, path: unknown, fn: (task: Task) => T): T {
  const task = openTask(pathIn(context, path), context.engine());
  try {
    return fn(task);
  } finally {
    task.dispose();
  }
}

export function inputsOf(context: CaseContext): Inputs {
  const ids = context.tensor("input.input_ids");
  const labels = context.tensor("input.labels");
  return {
    inputIds: ids.ints(),
    batch: ids.shape[0]!,
    seq: ids.shape[1]!,
    attentionMask: context.tensor("input.attention_mask").ints(),
    labels: labels.dtype === "F32" ? labels.floats() : labels.ints(),
  };
}

export function lossOf(task: Task, inputs: Inputs): number {
  const { engine } = task.model;
  return engine.noGrad(() => engine.scope(() => task.forward(inputs).loss(task.targets(inputs)).item()));
}

/** Logits at padding mean nothing: those of a decoder are compared at real tokens. */
export function realTokens(context: CaseContext, name: string): Where | undefined {
  const { shape } = context.tensor(name);
  const mask = context.tensor("input.attention_mask");
  const tokens = shape.length === 3 && String(shape.slice(0, 2)) === String(mask.shape);
  return rowsWhere(tokens ? mask.ints() : undefined, shape.at(-1)!);
}

export function logitsOf(task: Task, inputs: Inputs): Float32Array {
  const { engine } = task.model;
  return engine.noGrad(() => engine.scope(() => task.forward(inputs).logits.readFloats()));
}

/** The loss, and gradients in the `.grad` of what is trained. */
export function differentiate(task: Task, inputs: Inputs, trained: Iterable<Tensor>): number {
  zeroGrad(trained);
  return task.model.engine.scope(() => {
    const loss = task.forward(inputs).loss(task.targets(inputs));
    const value = loss.item();
    backward(loss);
    return value;
  });
}

interface AdamWSettings {
  readonly name: string;
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weight_decay: number;
}

export function adamwOf(
  context: CaseContext,
  parameters: readonly Tensor[],
  noDecay = new Set<string>(),
): Optimizer {
  const { name, lr, betas, eps, weight_decay } = settingsOf(context).optimizer as AdamWSettings;
  if (name !== "AdamW") throw new CaseError(`the optimizer ${String(name)} is not AdamW`);
  const group = (decayed: boolean): AdamWGroup => ({
    parameters: parameters.filter((p) => noDecay.has(p.name!) !== decayed),
    lr,
    ...(betas && { betas }),
    ...(eps !== undefined && { eps }),
    weightDecay: decayed ? weight_decay : 0,
  });
  return createAdamW([group(true), group(false)]);
}

/** What a case may differ by: what its area's README gives, or five times the noise that was seen. */
export function limitOf(context: CaseContext, least: number, noise: string): number {
  const seen = (context.json.tolerance as Fields | undefined)?.[noise];
  return Math.max(least, typeof seen === "number" ? 5 * seen : 0);
}

const BF16_LOOSER = 4096;

/** With bf16 products every limit is looser. */
export function comparisonOf(context: CaseContext, check: string) {
  return context.compute === "bf16" ? createComparison(check, BF16_LOOSER, 0.02) : createComparison(check);
}

/** A share of the largest: of fp32's roundings a few, in bf16 a tenth, since most are sums that nearly cancel. */
export function gradientLimit(context: CaseContext, expected: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]!));
  const share = context.compute === "fp32" ? 2e-6 : 0.1 / BF16_LOOSER;
  return Math.max(limitOf(context, 1e-6, "grads_fp32_vs_fp64"), share * most);
}

/** A few roundings of a number of this size; what rounding to bf16 changes adds up step by step. */
export function lossLimit(context: CaseContext, loss: number, step = 0): number {
  const limit = limitOf(context, 2e-6 * Math.max(1, loss), "losses_fp32_vs_fp64");
  return context.compute === "fp32" ? limit : limit * (1 + step / 10);
}

/** The results of checks, each in turn; what one throws is its result. */
export function* checked(
  ...checks: readonly (readonly [name: string, run: () => CheckResult])[]
): Generator<CheckResult> {
  for (const [name, run] of checks) {
    try {
      yield run();
    } catch (error) {
      yield resultOfError(name, error);
    }
  }
}
