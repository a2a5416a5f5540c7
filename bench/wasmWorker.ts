/** @file One contender of `bench -- wasm` in a process of its own: `wasmWorker DEVICE THREADS`, for the plain kernels with
 *  CYGNET_WASM_ISA=simd. A line {m, k, n, milliseconds} repeats a product for that long and gets {"seconds": the best one};
 *  a line {rows, widths, steps} takes steps of the network of bench/peers/mlp.mjs and gets {"seconds", "loss"}. */

import { createInterface } from "node:readline";
import {
  activation,
  backward,
  createEngine,
  matmul,
  mean,
  mul,
  sub,
  type Tensor,
  zeroGrad,
} from "../src/tensor/index.js";

export interface ProductLine {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly milliseconds: number;
}
export interface StepLine {
  readonly rows: number;
  readonly widths: readonly number[];
  readonly steps: number;
}

const RATE = 0.05;
const [device, threads] = process.argv.slice(2);
const engine = createEngine({ device: device === "native" ? "native" : "wasm", threads: Number(threads) });
const { backend } = engine;
const wave = (length: number, seed: number, scale: number) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin((i + 1) * 12.9898 + seed));

function timeProduct({ m, k, n, milliseconds }: ProductLine): { seconds: number } {
  const [a, b, c] = [
    engine.tensor(wave(m * k, 1, 1), [m, k]),
    engine.tensor(wave(k * n, 2, 1), [k, n]),
    engine.empty([m, n]),
  ];
  const product = {
    a,
    b,
    c,
    m,
    n,
    k,
    transA: false,
    transB: false,
    lda: k,
    ldb: n,
    ldc: n,
    compute: "fp32",
  } as const;
  const until = performance.now() + milliseconds;
  let best = Number.POSITIVE_INFINITY;
  do {
    const started = performance.now();
    backend.matmul(product);
    best = Math.min(best, performance.now() - started);
  } while (performance.now() < until);
  for (const tensor of [a, b, c]) tensor.dispose();
  return { seconds: best / 1000 };
}

/** Returns what takes one step and gives the loss before it. */
function prepareSteps(rows: number, widths: readonly number[]): () => number {
  const weights = widths.slice(1).map((to, i) => {
    const from = widths[i]!;
    const weight = engine.parameter([from, to], `w${i}`);
    backend.write(weight, wave(from * to, i, 1 / Math.sqrt(from)));
    return weight;
  });
  const last = widths.at(-1)!;
  const x = engine.tensor(wave(rows * widths[0]!, 100, 1), [rows, widths[0]!]);
  const y = engine.tensor(wave(rows * last, 200, 1), [rows, last]);
  return () =>
    engine.scope(() => {
      zeroGrad(weights);
      const output = weights.reduce<Tensor>((h, w, i) => matmul(i === 0 ? h : activation("relu", h), w), x);
      const difference = sub(output, y);
      const loss = mean(mul(difference, difference));
      backward(loss);
      for (const w of weights) backend.axpby({ alpha: -RATE, x: w.grad!, beta: 1, y: w, length: w.size });
      return loss.item();
    });
}

const report = (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`);
report({ ready: true, isa: backend.isa, threads: backend.threads });
let step: (() => number) | null = null;
for await (const line of createInterface({ input: process.stdin })) {
  const wanted = JSON.parse(line) as ProductLine | StepLine;
  if ("m" in wanted) {
    report(timeProduct(wanted));
    continue;
  }
  step ??= prepareSteps(wanted.rows, wanted.widths);
  const started = performance.now();
  let loss = 0;
  for (let i = 0; i < wanted.steps; i++) loss = step();
  report({ seconds: (performance.now() - started) / 1000, loss });
}
