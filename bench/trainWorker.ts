/** @file Our side of `bench -- train`, in a process of its own so that its peak memory is its own: speaks the lines of
 *  bench/peers/torch_gpt.py. Arguments: shape, compute, threads, the weights to start from. */

import { createInterface } from "node:readline";
import { loadModel } from "../src/models/index.js";
import { backward, createEngine, zeroGrad } from "../src/tensor/index.js";
import { createAdamW } from "../src/train/optim/adamw.js";
import { decays } from "../src/train/optim/groups.js";
import { fixedBatch, SHAPES } from "./trainShapes.js";

const [shapeName, compute, threads, folder] = process.argv.slice(2);
const shape = SHAPES.find((s) => s.name === shapeName)!;
const engine = createEngine({
  device: "native",
  compute: compute === "bf16" ? "bf16" : "fp32",
  threads: Number(threads),
});
const model = loadModel(folder!, { engine });
const parameters = [...model.parameters.values()];
const group = (decay: boolean) => ({
  parameters: parameters.filter((p) => decays(p.name!, p.shape.length) === decay),
  lr: 3e-4,
  betas: [0.9, 0.95] as const,
  weightDecay: decay ? 0.1 : 0,
});
const optimizer = createAdamW([group(true), group(false)]);
const { inputs, targets } = fixedBatch(shape);

function step(): number {
  return engine.scope(() => {
    zeroGrad(parameters);
    const hidden = model.hidden({ inputIds: inputs, batch: shape.batch, seq: shape.context });
    const { loss } = model.loss(hidden, targets, targets.length);
    backward(loss);
    optimizer.step();
    return loss.item();
  });
}

const report = (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`);
let loss = 0;
for (let i = 0; i < 2; i++) loss = step();
report({ ready: true, parameters: parameters.reduce((n, p) => n + p.size, 0), loss });
for await (const line of createInterface({ input: process.stdin })) {
  const started = performance.now();
  for (let i = 0; i < Number(line); i++) loss = step();
  report({
    seconds: (performance.now() - started) / 1000,
    loss,
    peak_bytes: process.resourceUsage().maxRSS * 1024,
  });
}
