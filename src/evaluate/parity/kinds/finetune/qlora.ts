/** @file Cases of kind `qlora`: a base whose products hold four bits, an adapter on top. The base's numbers, logits with and without
 *  the adapter, gradients through the quantised weights, ten steps; a product by itself. */

import { linear } from "../../../../tensor/index.js";
import { createAdapters, createFourBitBase } from "../../../../train/adapters/index.js";
import type { Comparison } from "../../compare.js";
import type { CaseContext, CaseKind, CheckResult } from "../kind.js";
import type { Task } from "../models/task.js";
import { storedTensors } from "./adapter.js";
import {
  adamwOf,
  checked,
  comparisonOf,
  differentiate,
  expectedOf,
  gradientLimit,
  inputsOf,
  logitsOf,
  lossLimit,
  realTokens,
  settingsOf,
  withTask,
} from "./area.js";

export const qloraKind: CaseKind = {
  name: "qlora",
  matches: ({ kind, area }) => area === "finetune" && kind === "qlora",
  *run(context) {
    yield* withTask(context, settingsOf(context).base_model, (task) => [
      ...checked(
        ["base", () => base(context, task)],
        ["held", () => held(context, task)],
        ["train", () => train(context, task)],
      ),
    ]);
  },
};

const LIMIT = 5e-6;

function base(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "base");
  compareLogits(c, context, task, "fp32_logits");
  const modules = settingsOf(context).quantised_modules as readonly string[];
  const { engine } = task.model;
  const fourBit = createFourBitBase(engine, { double: true });
  for (const p of task.parameters.values()) fourBit.take(p);
  c.that(
    "modules",
    String([...fourBit.digests.keys()].sort()) === String(modules.map((m) => `${m}.weight`).sort()),
    `${[...fourBit.digests.keys()]} are quantised, ${modules} are expected`,
  );
  compareLogits(c, context, task, "quantised_logits");
  engine.noGrad(() =>
    engine.scope(() => {
      for (const module of ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj"]) {
        const name = `check_input.${module}`;
        const x = engine.tensor(context.tensor(name).floats(), context.tensor(name).shape);
        const y = linear(x, task.parameters.get(`${module}.weight`)!, { dtype: "f32" });
        c.arrays(
          `check_output.${module}`,
          y.readFloats(),
          context.tensor(`check_output.${module}`).floats(),
          LIMIT,
        );
      }
    }),
  );
  return c.result();
}

function compareLogits(c: Comparison, context: CaseContext, task: Task, name: string): void {
  const expected = context.tensor(name).floats();
  c.arrays(name, logitsOf(task, inputsOf(context)), expected, LIMIT, realTokens(context, name));
}

/** The base as it lies in memory: nothing of its products in f32, before and after use. */
function held(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "held");
  for (const module of settingsOf(context).quantised_modules as readonly string[]) {
    const { shared, name } = task.parameters.get(`${module}.weight`)!;
    c.that("memory", shared.storage === null, `${name} lies in memory as f32 after it was used`);
  }
  return c.result();
}

function train(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "train");
  const inputs = inputsOf(context);
  const adapters = createAdapters(task.model);
  const adapter = adapters.read(context.path(settingsOf(context).adapter));
  compareLogits(c, context, task, "logits");
  const trained = [...adapters.trainable.values()];
  const optimizer = adamwOf(context, trained);
  const { losses } = expectedOf(context) as { losses: readonly number[] };
  losses.forEach((expected, i) => {
    const loss = differentiate(task, inputs, trained);
    c.number(`losses.${i}`, loss, expected, lossLimit(context, expected, i));
    if (i === 0)
      for (const [name, t] of storedTensors(adapter, task)) {
        const gradient = context.tensor(`grad.${name}`).floats();
        c.arrays(`grad.${name}`, t.grad!.readFloats(), gradient, gradientLimit(context, gradient));
      }
    optimizer.step();
  });
  optimizer.dispose();
  return c.result();
}
