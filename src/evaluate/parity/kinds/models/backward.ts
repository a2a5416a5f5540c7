/** @file Checks `gradients`, `train` and `accumulate`: the gradient of every parameter, ten AdamW steps, and gradients summed
 *  over parts of a batch. */

import { backward, type Tensor, zeroGrad } from "../../../../tensor/index.js";
import type { Comparison } from "../../compare.js";
import { checkNamed } from "../checks.js";
import {
  type CaseContext,
  CaseError,
  type CheckJson,
  type CheckResult,
  type CheckType,
  NotHere,
} from "../kind.js";
import { readInputs, rowsOf } from "./inputs.js";
import { comparisonFor, gradientLimit, lossLimit, numberIn } from "./limits.js";
import { freshTask, hasRelu, type Task, taskOf } from "./task.js";

/** With bf16 a sum near zero may be rounded to the other side, where a relu's gradient is another: nothing to compare. */
function smooth(run: CheckType["run"]): CheckType["run"] {
  return (check, context) => {
    if (context.compute === "bf16" && hasRelu(context))
      throw new NotHere("the gradient of a relu is not to be expected of bf16");
    return run(check, context);
  };
}

export const backwardChecks: readonly CheckType[] = [
  { types: ["gradients"], run: smooth(gradients) },
  { types: ["train"], run: smooth(train) },
  { types: ["accumulate"], run: smooth(accumulate) },
];

/** Loss and, in the parameters' `.grad`, its gradient. */
function differentiate(
  task: Task,
  inputs: ReturnType<typeof readInputs>,
  normaliser: number,
  context: CaseContext,
): number {
  return context.engine().scope(() => {
    const loss = task.forward(inputs).loss(normaliser);
    const value = loss.item();
    backward(loss);
    return value;
  });
}

function gradients(check: CheckJson, context: CaseContext): CheckResult {
  const task = taskOf(context);
  const inputs = readInputs(checkNamed(context, check.of), context);
  const c = comparisonFor(check, context);
  zeroGrad(task.parameters.values());
  const loss = differentiate(task, inputs, task.targets(inputs), context);
  if (check.loss !== undefined)
    c.number("loss", loss, numberIn(check, "loss"), lossLimit(numberIn(check, "loss")));
  compareGradients(c, task, check, context);
  if (typeof check.grad_norm === "number") {
    const squares = [...task.parameters.values()].reduce(
      (sum, p) => sum + (p.requiresGrad ? context.engine().backend.sumSquares(p.grad!, p.size) : 0),
      0,
    );
    c.number("grad_norm", Math.sqrt(squares), check.grad_norm, 1e-4 * check.grad_norm);
  }
  return c.result();
}

function compareGradients(c: Comparison, task: Task, check: CheckJson, context: CaseContext): void {
  const expected = Object.entries((check.expect ?? {}) as Record<string, unknown>);
  const frozen = new Set(Array.isArray(context.json.frozen) ? context.json.frozen : []);
  const trained = [...task.parameters].filter(([name, p]) => p.requiresGrad && !frozen.has(name)).length;
  c.that(
    "names",
    expected.length === trained,
    `${trained} trained parameters, ${expected.length} gradients are expected`,
  );
  for (const [name, tensor] of expected) {
    const p = task.parameters.get(name);
    if (p === undefined || p.grad === null || !p.gradFresh) {
      c.that(name, false, `there is no gradient of ${name}`);
      continue;
    }
    const gradient = context.tensor(tensor).floats();
    c.arrays(name, p.grad.readFloats(), gradient, gradientLimit(gradient));
  }
}

function accumulate(check: CheckJson, context: CaseContext): CheckResult {
  const task = taskOf(context);
  const inputs = readInputs(checkNamed(context, check.of), context);
  const c = comparisonFor(check, context);
  const total = numberIn(check, "num_items_in_batch");
  c.that(
    "num_items_in_batch",
    total === task.targets(inputs),
    `${task.targets(inputs)} targets, ${total} are expected`,
  );
  zeroGrad(task.parameters.values());
  let sum = 0;
  (check.micro_batches as number[][]).forEach((rows, i) => {
    const part = rowsOf(inputs, rows);
    const targets = (check.micro_targets as number[])[i];
    c.that(
      "micro_targets",
      targets === task.targets(part),
      `micro-batch ${i} has ${task.targets(part)} targets, ${targets} are expected`,
    );
    const expected = (check.micro_losses as number[])[i]!;
    const loss = differentiate(task, part, total, context);
    c.number(`micro_losses.${i}`, loss, expected, lossLimit(expected));
    sum += loss;
  });
  c.number("loss", sum, numberIn(check, "loss"), lossLimit(numberIn(check, "loss")));
  compareGradients(c, task, checkNamed(context, "gradients"), context);
  return c.result();
}

function train(check: CheckJson, context: CaseContext): CheckResult {
  const task = freshTask(context); // of its own: it is changed
  const inputs = readInputs(checkNamed(context, check.of), context);
  const c = comparisonFor(check, context);
  const losses = check.losses as number[];
  const start = new Map([...task.parameters].map(([name, p]) => [name, p.readFloats()]));
  const step = adamWith(check.optimizer, task, context);
  // What rounding to bf16 changes adds up step by step.
  const grown = (i: number) => (context.compute === "fp32" ? 1 : 1 + i / 10);
  try {
    losses.forEach((expected, i) => {
      zeroGrad(task.parameters.values());
      const loss = differentiate(task, inputs, task.targets(inputs), context);
      c.number(
        `losses.${i}`,
        loss,
        expected,
        Math.max(lossLimit(expected), 5 * numberIn(check, "losses_noise")) * grown(i),
      );
      if (i < losses.length - 1) step(i + 1);
    });
    // Adam moves an element by its rate whatever the gradient's size: rounded to bf16, small gradients change sign.
    if (context.compute === "fp32") compareTrained(c, task, start, check);
  } finally {
    task.dispose();
  }
  return c.result();
}

function adamWith(optimizer: unknown, task: Task, context: CaseContext): (step: number) => void {
  const { name, lr, lrs, betas, eps, weight_decay } = optimizer as {
    name: string;
    lr: number;
    lrs?: readonly number[];
    betas: [number, number];
    eps: number;
    weight_decay: number;
  };
  // Without decay the two are the same.
  if (name !== "AdamW" && !(name === "Adam" && weight_decay === 0))
    throw new CaseError(`the optimizer ${String(name)} is not AdamW`);
  const engine = context.engine();
  const moment = (p: Tensor) => engine.zeros(p.shape);
  const trained = [...task.parameters.values()].filter((param) => param.requiresGrad);
  const state = trained.map((param) => ({ param, m: moment(param), v: moment(param) }));
  return (step) =>
    engine.backend.adamw(
      state.map(({ param, m, v }) => ({
        param,
        grad: param.grad!,
        m,
        v,
        length: param.size,
        lr: lrs?.[step - 1] ?? lr,
        beta1: betas[0],
        beta2: betas[1],
        eps,
        weightDecay: weight_decay,
        step,
        gradScale: 1,
      })),
    );
}

interface Trained {
  readonly sum: number;
  readonly l2: number;
  readonly moved_l2?: number;
  readonly index: readonly number[];
  readonly value: readonly number[];
  readonly value_noise?: number;
  readonly sum_noise?: number;
  readonly ill_conditioned?: boolean;
}

function compareTrained(
  c: Comparison,
  task: Task,
  start: ReadonlyMap<string, Float32Array>,
  check: CheckJson,
): void {
  for (const [name, expected] of Object.entries(check.parameters as Record<string, Trained>)) {
    const now = task.parameters.get(name)?.readFloats();
    if (now === undefined) {
      c.that(name, false, `there is no parameter ${name}`);
      continue;
    }
    const before = start.get(name)!;
    c.arrays(
      `${name} after`,
      expected.index.map((i) => now[i]!),
      expected.value,
      Math.max(1e-5, 5 * (expected.value_noise ?? 0)),
    );
    if (expected.ill_conditioned) continue;
    const l2 = (f: (i: number) => number) => Math.sqrt(now.reduce((sum, _, i) => sum + f(i) ** 2, 0));
    c.number(
      `l2 of ${name}`,
      l2((i) => now[i]!),
      expected.l2,
      1e-4 * expected.l2,
    );
    if (expected.moved_l2 !== undefined)
      c.number(
        `moved_l2 of ${name}`,
        l2((i) => now[i]! - before[i]!),
        expected.moved_l2,
        1e-3 * expected.moved_l2,
      );
    c.number(
      `sum of ${name}`,
      now.reduce((sum, x) => sum + x, 0),
      expected.sum,
      Math.max(1e-4, 5 * (expected.sum_noise ?? 0)),
    );
  }
}
