/** @file Cases of kind `full-finetune`: a model's own parameters trained, all or those that are not frozen, with decay by name,
 *  clipping and a schedule. */

import { freezeParameters } from "../../../../train/adapters/index.js";
import { clipFactor, gradientNorm } from "../../../../train/optim/clip.js";
import { decays } from "../../../../train/optim/groups.js";
import { scheduleFromHf } from "../../../../train/optim/hfSchedule.js";
import { lrFactor } from "../../../../train/optim/schedule.js";
import type { CaseContext, CaseKind, CheckResult } from "../kind.js";
import type { Task } from "../models/task.js";
import {
  adamwOf,
  checked,
  comparisonOf,
  differentiate,
  expectedOf,
  inputsOf,
  limitOf,
  lossLimit,
  settingsOf,
  withTask,
} from "./area.js";

interface Settings {
  readonly freeze: string | null;
  readonly trainable: readonly string[];
  readonly no_decay: readonly string[];
  readonly steps: number;
  readonly clip_grad_norm: number | null;
  readonly scheduler: readonly [name: string, warmup: number] | null;
  readonly optimizer: { readonly lr: number };
}

export const fullFinetuneKind: CaseKind = {
  name: "full-finetune",
  matches: ({ kind, area }) => area === "finetune" && kind === "full-finetune",
  *run(context) {
    yield* withTask(context, settingsOf(context).base_model, (task) => [
      ...checked(["train", () => train(context, task)]),
    ]);
  },
};

function train(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "train");
  const settings = settingsOf(context) as unknown as Settings;
  const expected = expectedOf(context) as {
    losses: readonly number[];
    grad_norms: readonly number[];
    lr_per_step: readonly number[];
  };
  const {
    steps,
    clip_grad_norm: clip,
    no_decay: fixed,
    optimizer: { lr },
  } = settings;
  const trained = freezeParameters(task.model, { freeze: settings.freeze ?? undefined });
  c.that(
    "trainable",
    String([...trained].sort()) === String([...settings.trainable].sort()),
    `${trained} are trained, ${settings.trainable} are expected`,
  );
  for (const name of trained)
    c.that(
      "decay",
      decays(name, task.parameters.get(name)!.shape.length) !== fixed.includes(name),
      `${name} should ${fixed.includes(name) ? "not " : ""}decay`,
    );
  const frozen = [...task.parameters].filter(([, p]) => !p.requiresGrad);
  const before = new Map(frozen.map(([name, p]) => [name, p.readFloats()]));
  const parameters = trained.map((name) => task.parameters.get(name)!);
  const optimizer = adamwOf(context, parameters, new Set(fixed));
  const factorAt = factors(settings);
  const inputs = inputsOf(context);
  for (let step = 0; step < steps; step++) {
    const loss = differentiate(task, inputs, parameters);
    c.number(
      `losses.${step}`,
      loss,
      expected.losses[step]!,
      lossLimit(context, expected.losses[step]!, step),
    );
    const norm = gradientNorm(parameters);
    if (clip !== null)
      c.number(`grad_norms.${step}`, norm, expected.grad_norms[step]!, 1e-5 * expected.grad_norms[step]!);
    c.number(`lr_per_step.${step}`, lr * factorAt(step), expected.lr_per_step[step]!, 1e-9);
    optimizer.step({ lrFactor: factorAt(step), gradScale: clip === null ? 1 : clipFactor(norm, clip) });
  }
  optimizer.dispose();
  if (context.compute === "fp32")
    for (const name of trained)
      c.arrays(
        `final.${name}`,
        task.parameters.get(name)!.readFloats(),
        context.tensor(`final.${name}`).floats(),
        limitOf(context, 1e-5, "final_fp32_vs_fp64"),
      );
  for (const [name, p] of frozen) c.arrays(name, p.readFloats(), before.get(name)!, Number.MIN_VALUE);
  return c.result();
}

function factors({ scheduler, steps, optimizer: { lr: baseLr } }: Settings): (step: number) => number {
  if (scheduler === null) return () => 1;
  const [name, warmup] = scheduler;
  const schedule = scheduleFromHf({ name, baseLr, warmup, total: steps, kwargs: {} });
  return (step) => lrFactor(schedule, step);
}
