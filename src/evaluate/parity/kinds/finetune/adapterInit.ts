/** @file Cases of kind `adapter-init`: PiSSA and OLoRA begin at a part of the weights. B·A and what is left of W, the base's logits
 *  at the beginning; and, changed and written as plain LoRA, the same function. */

import { remove, temporaryFolder } from "../../../../platform/files.js";
import { type AdapterOptions, createAdapters } from "../../../../train/adapters/index.js";
import { type CaseContext, CaseError, type CaseKind, type CheckResult } from "../kind.js";
import type { Task } from "../models/task.js";
import {
  checked,
  comparisonOf,
  expectedOf,
  inputsOf,
  limitOf,
  logitsOf,
  realTokens,
  settingsOf,
  withTask,
} from "./area.js";

/** The library decomposes in fp32, and one of the matrices has its 4th and 5th singular values 0.022 apart: then vectors are
 *  good to 6e-8 · 1.5 / 0.022, and float64 is off by 5.6e-6 from what is expected. */
const PRODUCT_LIMIT = 1e-5;

export const adapterInitKind: CaseKind = {
  name: "adapter-init",
  matches: ({ kind, area }) => area === "finetune" && kind === "adapter-init",
  *run(context) {
    yield* withTask(context, settingsOf(context).base_model, (task) => [
      ...checked(
        ["beginning", () => beginning(context, task)],
        ["as plain LoRA", () => asPlainLora(context, task)],
      ),
    ]);
  },
};

/** `LoraConfig(init_lora_weights='pissa')` */
function optionsOf(context: CaseContext): AdapterOptions {
  const { r, lora_alpha: alpha } = settingsOf(context);
  const init = /init_lora_weights='([a-z_\d]+)'/.exec(String(context.json.call))?.[1];
  if (init === undefined) throw new CaseError("the call names no way to begin");
  const { modules } = expectedOf(context) as { modules: object };
  return { method: "lora", rank: Number(r), alpha: Number(alpha), targets: Object.keys(modules), init };
}

function beginning(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "beginning");
  const inputs = inputsOf(context);
  const limit = limitOf(context, 3e-6, "logits_vs_base");
  const compareLogits = (name: string) =>
    c.arrays(name, logitsOf(task, inputs), context.tensor(name).floats(), limit, realTokens(context, name));
  compareLogits("base_logits");
  const adapters = createAdapters(task.model);
  const adapter = adapters.create(optionsOf(context));
  compareLogits("logits");
  for (const { module, tensors } of adapter.layers) {
    const product = multiplied(
      tensors.get("lora_B.weight")!.readFloats(),
      tensors.get("lora_A.weight")!.readFloats(),
      module.inputs,
    );
    c.arrays(
      `product.${module.path}`,
      product,
      context.tensor(`product.${module.path}`).floats(),
      PRODUCT_LIMIT,
    );
    // α/r is 1 here.
    const left = module.weight.readFloats().map((w, i) => w - product[i]!);
    c.arrays(
      `residual.${module.path}`,
      left,
      context.tensor(`residual.${module.path}.weight`).floats(),
      PRODUCT_LIMIT,
    );
  }
  adapters.dispose();
  return c.result();
}

/** b [outputs, rank] · a [rank, inputs] */
function multiplied(b: Float32Array, a: Float32Array, inputs: number): Float32Array {
  const rank = a.length / inputs;
  return Float32Array.from({ length: (b.length / rank) * inputs }, (_, i) => {
    const [row, column] = [Math.floor(i / inputs), i % inputs];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * inputs + column]!;
    return sum;
  });
}

function asPlainLora(context: CaseContext, task: Task): CheckResult {
  const c = comparisonOf(context, "as plain LoRA");
  const inputs = inputsOf(context);
  const adapters = createAdapters(task.model);
  const adapter = adapters.create(optionsOf(context));
  for (const t of adapter.tensors.values()) t.write(t.readFloats().map((x, i) => x + 0.1 * Math.cos(i)));
  const before = logitsOf(task, inputs);
  const folder = temporaryFolder("cygnet-adapter-");
  try {
    adapters.write("default", folder);
    adapters.read(folder, { name: "plain" });
    c.that("rank", adapters.get("plain").initial.size === 0, "the adapter written is not plain LoRA");
    const limit = limitOf(context, 3e-6, "logits_vs_base");
    c.arrays("logits", logitsOf(task, inputs), before, limit);
  } finally {
    remove(folder);
    adapters.dispose();
  }
  return c.result();
}
