/** @file One contender of `bench -- matmul` in a process of its own, so that nobody's waiting threads take another's time:
 *  `matmulWorker ours THREADS` or `matmulWorker openblas THREADS`. For each line {m, n, k, kind, compute, milliseconds} it
 *  repeats the product for that long and prints {"seconds": the best one}. bench/peers/torch_matmul.py speaks the same. */

import { createInterface } from "node:readline";
import { createEngine } from "../src/tensor/index.js";
import type { ProductShape } from "./matmulShapes.js";
import { loadOpenBlas } from "./openblas.js";

type Prepare = (shape: ProductShape) => { run(): void; release(): void };

const values = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);

function ours(threads: number): { about: object; prepare: Prepare } {
  const engine = createEngine({ device: "native", threads });
  const { backend } = engine;
  const prepare: Prepare = ({ m, n, k, kind, compute }) => {
    const [transA, transB] = [kind === "tn", kind === "nt"];
    const [a, b] = [engine.tensor(values(m * k), [m, k]), engine.tensor(values(k * n), [k, n])];
    const c = engine.empty([m, n]);
    const [lda, ldb] = [transA ? m : k, transB ? k : n];
    return {
      run: () => backend.matmul({ a, b, c, m, n, k, transA, transB, lda, ldb, ldc: n, compute }),
      release: () => [a, b, c].forEach((t) => void t.dispose()),
    };
  };
  return { about: { isa: backend.isa }, prepare };
}

function openblas(threads: number): { about: object; prepare: Prepare } {
  const blas = loadOpenBlas();
  blas.setThreads(threads);
  const prepare: Prepare = ({ m, n, k, kind }) => {
    const [a, b, c] = [values(m * k), values(k * n), new Float32Array(m * n)];
    const p = { a, b, c, m, n, k, transA: kind === "tn", transB: kind === "nt" };
    return { run: () => blas.sgemm(p), release() {} };
  };
  return { about: { kernel: blas.kernel, version: blas.version }, prepare };
}

const [who, threads] = process.argv.slice(2);
const report = (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const { about, prepare } = who === "openblas" ? openblas(Number(threads)) : ours(Number(threads));
report({ ready: true, ...about });
let [key, product]: [string, ReturnType<Prepare> | null] = ["", null];
for await (const line of createInterface({ input: process.stdin })) {
  const { milliseconds, ...shape } = JSON.parse(line) as ProductShape & { milliseconds: number };
  if (key !== JSON.stringify(shape)) {
    product?.release();
    product = prepare(shape);
    key = JSON.stringify(shape);
  }
  report({ seconds: bestOf(() => product!.run(), milliseconds) });
}

/** Seconds of the fastest run; the first one warms up where there is time for more. */
function bestOf(run: () => void, milliseconds: number): number {
  const until = performance.now() + milliseconds;
  let best = Number.POSITIVE_INFINITY;
  do {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  } while (performance.now() < until);
  return best / 1000;
}
