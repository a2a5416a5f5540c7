/** @file Cases of kind `adapter`: an adapter's folder on a base. The base alone and with the adapter, gradients, ten steps of AdamW,
 *  merged and unmerged, the folder written again. */

import { openSafetensors, readFloats } from "../../../../models/index.js";
import { joinPath, readJson, remove, temporaryFolder } from "../../../../platform/files.js";
import type { Tensor } from "../../../../tensor/index.js";
import { type Adapter, type Adapters, createAdapters } from "../../../../train/adapters/index.js";
import type { Comparison } from "../../compare.js";
import { type CaseContext, type CaseKind, type CheckResult, NotHere } from "../kind.js";
import type { Task } from "../models/task.js";
import {
  adamwOf,
  checked,
  comparisonOf,
  differentiate,
  expectedOf,
  type Fields,
  gradientLimit,
  inputsOf,
  limitOf,
  logitsOf,
  lossLimit,
  lossOf,
  realTokens,
  settingsOf,
  withTask,
} from "./area.js";

interface Bench {
  readonly context: CaseContext;
  readonly task: Task;
  readonly adapters: Adapters;
  readonly adapter: Adapter;
  /** Trained tensors under their names in the adapter's file. */
  readonly stored: ReadonlyMap<string, Tensor>;
}

export const adapterKind: CaseKind = {
  name: "adapter",
  matches: ({ kind, area }) => area === "finetune" && kind === "adapter",
  *run(context) {
    const results = withTask(context, settingsOf(context).base_model, (task) => {
      const inputs = inputsOf(context);
      const base = logitsOf(task, inputs);
      const baseLoss = lossOf(task, inputs);
      const adapters = createAdapters(task.model);
      const adapter = adapters.read(context.path(settingsOf(context).adapter));
      const bench = { context, task, adapters, adapter, stored: storedTensors(adapter, task) };
      return [
        ...checked(
          ["base", () => baseAlone(bench, base, baseLoss)],
          ["adapted", () => adapted(bench)],
          ["gradients", () => gradients(bench)],
          ["base again", () => baseAgain(bench, base)],
          ["merged", () => merged(bench)],
          ["folder", () => folder(bench)],
          ["train", () => train(bench, base)],
        ),
      ];
    });
    yield* results;
  },
};

export function storedTensors(adapter: Adapter, { parameters }: Pick<Task, "parameters">) {
  return new Map([
    ...adapter.tensors,
    ...adapter.whole.map(({ stored, name }) => [stored, parameters.get(name)!] as const),
  ]);
}

function compareLogits(
  c: Comparison,
  context: CaseContext,
  name: string,
  found: Float32Array,
  limit: number,
) {
  c.arrays(name, found, context.tensor(name).floats(), limit, realTokens(context, name));
}

function baseAlone({ context }: Bench, logits: Float32Array, loss: number): CheckResult {
  const c = comparisonOf(context, "base");
  compareLogits(c, context, "base_logits", logits, logitsLimit(context));
  c.number("base_loss", loss, Number(expectedOf(context).base_loss), 1e-6 * 10);
  return c.result();
}

const logitsLimit = (context: CaseContext) => limitOf(context, 3e-6, "logits_fp32_vs_fp64");

function adapted({ context, task, stored }: Bench): CheckResult {
  const c = comparisonOf(context, "adapted");
  const expected = expectedOf(context);
  const names = [...stored.keys()].sort();
  c.that(
    "trainable",
    String(names) === String([...(expected.trainable as string[])].sort()),
    `${names} are trained, ${expected.trainable} are expected`,
  );
  c.number(
    "trainable_parameters",
    [...stored.values()].reduce((n, t) => n + t.size, 0),
    Number(expected.trainable_parameters),
    0.5,
  );
  const inputs = inputsOf(context);
  compareLogits(c, context, "logits", logitsOf(task, inputs), logitsLimit(context));
  const loss = Number(expected.loss);
  c.number("loss", lossOf(task, inputs), loss, lossLimit(context, loss));
  return c.result();
}

function gradients({ context, task, adapters, stored }: Bench): CheckResult {
  if (context.compute === "bf16" && task.model.config.dense_act_fn === "relu")
    throw new NotHere("the gradient of a relu is not to be expected of bf16");
  const c = comparisonOf(context, "gradients");
  differentiate(task, inputsOf(context), adapters.trainable.values());
  for (const [name, t] of stored) {
    const expected = context.tensor(`grad.${name}`).floats();
    c.arrays(name, t.grad!.readFloats(), expected, gradientLimit(context, expected));
  }
  const others = [...task.parameters].filter(([, p]) => p.gradFresh && ![...stored.values()].includes(p));
  c.that("frozen", others.length === 0, `${others[0]?.[0]} is frozen and has a gradient`);
  return c.result();
}

/** With the adapter out of force, also where PEFT leaves trained biases in place (`disabled_vs_base_max_abs`). */
function baseAgain({ context, task, adapters }: Bench, base: Float32Array): CheckResult {
  const c = comparisonOf(context, "base again");
  const without = adapters.withBase(() => logitsOf(task, inputsOf(context)));
  c.arrays("logits", without, base, Number.MIN_VALUE);
  return c.result();
}

function merged({ context, task, adapters }: Bench): CheckResult {
  const c = comparisonOf(context, "merged");
  const inputs = inputsOf(context);
  const before = logitsOf(task, inputs);
  const start = adapters.withBase(() => values(task));
  adapters.merge({ tied: true });
  const changed: string[] = [];
  for (const [name, p] of task.parameters) {
    const now = p.readFloats();
    if (now.some((x, i) => x !== start.get(name)![i])) changed.push(name);
  }
  const expected = (expectedOf(context).merged_changed as string[]).filter((name) =>
    task.parameters.has(name),
  );
  c.that(
    "merged_changed",
    String([...changed].sort()) === String([...expected].sort()),
    `${changed} are changed, ${expected} are expected`,
  );
  for (const name of expected)
    c.arrays(name, task.parameters.get(name)!.readFloats(), context.tensor(`merged.${name}`).floats(), 1e-6);
  compareLogits(c, context, "merged_logits", logitsOf(task, inputs), 2 * logitsLimit(context));
  adapters.unmerge();
  c.arrays("unmerged logits", logitsOf(task, inputs), before, Number.MIN_VALUE);
  return c.result();
}

const values = ({ parameters }: Task) => new Map([...parameters].map(([name, p]) => [name, p.readFloats()]));

function folder({ context, adapters }: Bench): CheckResult {
  const c = comparisonOf(context, "folder");
  const from = context.path(settingsOf(context).adapter);
  const to = temporaryFolder("cygnet-adapter-");
  try {
    adapters.write("default", to);
    const read = (at: string) => {
      const config = readJson(joinPath(at, "adapter_config.json")) as Fields;
      const opened = openSafetensors(joinPath(at, "adapter_model.safetensors"));
      const tensors = new Map([...opened.tensors].map(([name, t]) => [name, readFloats(t)]));
      opened.close();
      return { config: JSON.stringify(sorted(config)), tensors };
    };
    const [theirs, ours] = [read(from), read(to)];
    c.that("config", theirs.config === ours.config, `${ours.config} was written of ${theirs.config}`);
    c.that(
      "tensors",
      String([...theirs.tensors.keys()].sort()) === String([...ours.tensors.keys()].sort()),
      `${[...ours.tensors.keys()]} are written of ${[...theirs.tensors.keys()]}`,
    );
    for (const [name, expected] of theirs.tensors)
      c.arrays(name, ours.tensors.get(name) ?? [], expected, Number.MIN_VALUE);
  } finally {
    remove(to);
  }
  return c.result();
}

const sorted = (fields: Fields) => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));

function train({ context, task, adapters, stored }: Bench, base: Float32Array): CheckResult {
  const c = comparisonOf(context, "train");
  const inputs = inputsOf(context);
  const trained = [...adapters.trainable.values()];
  const optimizer = adamwOf(context, trained);
  const { losses } = expectedOf(context) as { losses: readonly number[] };
  losses.forEach((expected, i) => {
    const last = i === losses.length - 1;
    const loss = last ? lossOf(task, inputs) : differentiate(task, inputs, trained);
    c.number(`losses.${i}`, loss, expected, lossLimit(context, expected, i));
    if (!last) optimizer.step();
  });
  optimizer.dispose();
  const limit = limitOf(context, 1e-5, "final_fp32_vs_fp64");
  if (context.compute === "fp32")
    for (const [name, t] of stored)
      c.arrays(`final ${name}`, t.readFloats(), context.tensor(`final.${name}`).floats(), limit);
  const without = adapters.withBase(() => logitsOf(task, inputs));
  c.arrays("base after training", without, base, Number.MIN_VALUE);
  return c.result();
}
