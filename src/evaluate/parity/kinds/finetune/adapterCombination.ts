/** @file Cases of kind `adapter-combination`: two adapters, alone, both in force, and combined into new ones. */

import {
  type Adapters,
  type Combination,
  type CombineOptions,
  createAdapters,
} from "../../../../train/adapters/index.js";
import { type CaseContext, type CaseKind, type CheckResult, NotHere } from "../kind.js";
import type { Task } from "../models/task.js";
import {
  checked,
  comparisonOf,
  expectedOf,
  inputsOf,
  logitsOf,
  realTokens,
  settingsOf,
  withTask,
} from "./area.js";

interface Expected {
  readonly weights: readonly number[];
  readonly combination_type: string;
  readonly density?: number;
  readonly majority_sign_method?: "total" | "frequency";
  readonly r: number;
}

export const adapterCombinationKind: CaseKind = {
  name: "adapter-combination",
  matches: ({ kind, area }) => area === "finetune" && kind === "adapter-combination",
  *run(context) {
    yield* withTask(context, settingsOf(context).base_model, (task) => {
      const adapters = createAdapters(task.model);
      const parts = settingsOf(context).adapters as Readonly<Record<string, string>>;
      for (const [name, path] of Object.entries(parts)) adapters.read(context.path(path), { name });
      const { combinations } = expectedOf(context) as { combinations: Readonly<Record<string, Expected>> };
      const inForce = (name: string, names: readonly string[]) =>
        [name, () => active(context, task, adapters, name, names)] as const;
      return [
        ...checked(
          ...Object.keys(parts).map((name) => inForce(name, [name])),
          inForce("both_active", Object.keys(parts)),
          ...Object.entries(combinations).map(
            ([name, expected]) =>
              [name, () => combination(context, task, adapters, name, Object.keys(parts), expected)] as const,
          ),
        ),
      ];
    });
  },
};

const LOGITS_LIMIT = 5e-6;

function active(
  context: CaseContext,
  task: Task,
  adapters: Adapters,
  name: string,
  names: readonly string[],
): CheckResult {
  const c = comparisonOf(context, name);
  adapters.activate(...names);
  compareLogits(c, context, task, name);
  return c.result();
}

function compareLogits(
  c: ReturnType<typeof comparisonOf>,
  context: CaseContext,
  task: Task,
  name: string,
): void {
  const key = `logits.${name}`;
  const expected = context.tensor(key).floats();
  c.arrays(key, logitsOf(task, inputsOf(context)), expected, LOGITS_LIMIT, realTokens(context, key));
}

function combination(
  context: CaseContext,
  task: Task,
  adapters: Adapters,
  name: string,
  parts: readonly string[],
  expected: Expected,
): CheckResult {
  const c = comparisonOf(context, name);
  const of = Object.fromEntries(parts.map((part, i) => [part, expected.weights[i]!]));
  const options: CombineOptions = { ...howOf(expected), of };
  const adapter = adapters.combine(name, options);
  c.number("r", Number(adapter.raw.r), expected.r, 0.5);
  compareLogits(c, context, task, name);
  const before = new Map(adapter.layers.map(({ module }) => [module.path, module.weight.readFloats()]));
  adapters.merge();
  for (const { module } of adapter.layers) {
    const delta = module.weight.readFloats().map((w, i) => w - before.get(module.path)![i]!);
    c.arrays(`delta ${module.path}`, delta, context.tensor(`delta.${name}.${module.path}`).floats(), 1e-6);
  }
  adapters.unmerge();
  return c.result();
}

function howOf({
  combination_type: kind,
  density = 1,
  majority_sign_method: majority,
}: Expected): Combination {
  if (kind === "linear" || kind === "cat" || kind === "svd") return { kind };
  if (kind === "magnitude_prune") return { kind, density };
  if (kind === "ties") return { kind, density, ...(majority && { majority }) };
  throw new NotHere(`adapters are not combined by ${kind} here`);
}
