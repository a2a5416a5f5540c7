/** @file Our side of `bench -- train`, in a process of its own so that its peak memory is its own: speaks the lines of
 *  bench/peers/torch_gpt.py. Arguments: shape, compute, threads, the weights to start from, and
 *  perhaps "recompute". */

import { createInterface } from "node:readline";
import { loadModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/index.js";
import { SHAPES } from "./trainShapes.js";
import { createStepper } from "./trainStep.js";

const [shapeName, compute, threads, folder, recompute] = process.argv.slice(2);
const shape = SHAPES.find((s) => s.name === shapeName)!;
const engine = createEngine({
  device: "native",
  compute: compute === "bf16" ? "bf16" : "fp32",
  threads: Number(threads),
});
const model = loadModel(folder!, { engine });
const step = createStepper(model, shape, { clip: false, recompute: recompute === "recompute" });

const report = (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const steps = (count: number) => {
  const started = performance.now();
  const losses = Array.from({ length: count }, step);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, losses, peak_bytes: process.resourceUsage().maxRSS * 1024 };
};
report({ ready: true, isa: engine.backend.isa, ...steps(2) });
for await (const line of createInterface({ input: process.stdin })) report(steps(Number(line)));
