// `node bench/peers/mlp.mjs tfjs|jax-js ROWS WIDTH WIDTH …`: steps of gradient descent of a network without biases (relu between
// the layers, mean of squared differences) in a JavaScript library on its WebAssembly backend. Speaks lines as bench/wasmWorker.ts
// does: for each number it takes as many steps and prints {"seconds", "loss"}.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const RATE = 0.05;
const [who, ...sizes] = process.argv.slice(2);
const [rows, ...widths] = sizes.map(Number);
const wave = (length, seed, scale) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin((i + 1) * 12.9898 + seed));
const layers = widths.slice(1).map((to, i) => ({ from: widths[i], to }));
const weights = layers.map(({ from, to }, i) => wave(from * to, i, 1 / Math.sqrt(from)));
const input = wave(rows * widths[0], 100, 1);
const target = wave(rows * widths.at(-1), 200, 1);

async function tfjs() {
  const tf = require("@tensorflow/tfjs");
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend("wasm"))) throw new Error("its WebAssembly backend does not start");
  await tf.ready();
  const variables = weights.map((w, i) => tf.variable(tf.tensor(w, [layers[i].from, layers[i].to])));
  const x = tf.tensor(input, [rows, widths[0]]);
  const y = tf.tensor(target, [rows, widths.at(-1)]);
  const optimizer = tf.train.sgd(RATE);
  const lossOf = () => {
    const output = variables.reduce((h, w, i) => tf.matMul(i === 0 ? h : tf.relu(h), w), x);
    return tf.mean(tf.square(tf.sub(output, y)));
  };
  const about = `${tf.getBackend()}, ${wasm.getThreadsCount()} thread, ${tf.version.tfjs}`;
  return {
    about,
    step: async () => {
      const loss = optimizer.minimize(lossOf, true, variables);
      const value = (await loss.data())[0];
      loss.dispose();
      return value;
    },
  };
}

async function jaxJs() {
  const jax = await import("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { numpy: np, nn } = jax;
  const array = (data, shape) => np.array(data).reshape(shape);
  let parameters = weights.map((w, i) => array(w, [layers[i].from, layers[i].to]));
  const x = array(input, [rows, widths[0]]);
  const y = array(target, [rows, widths.at(-1)]);
  const lossOf = (ws, from, to) => {
    const output = ws.reduce((h, w, i) => np.matmul(i === 0 ? h : nn.relu(h), w), from);
    const difference = output.sub(to);
    return difference.ref.mul(difference).mean();
  };
  const gradient = jax.jit(jax.valueAndGrad(lossOf));
  const descend = jax.jit((ws, gs) => ws.map((w, i) => w.sub(gs[i].mul(RATE))));
  return {
    about: "wasm, compiled with jit",
    step: async () => {
      const [loss, gradients] = gradient(
        parameters.map((w) => w.ref),
        x.ref,
        y.ref,
      );
      parameters = descend(parameters, gradients);
      await jax.blockUntilReady(parameters);
      return (await loss.data())[0];
    },
  };
}

const { about, step } = await (who === "tfjs" ? tfjs() : jaxJs());
const report = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
report({ ready: true, about, loss: await step() });
for await (const line of createInterface({ input: process.stdin })) {
  const started = performance.now();
  let loss = 0;
  for (let i = 0; i < Number(line); i++) loss = await step();
  report({ seconds: (performance.now() - started) / 1000, loss });
}
