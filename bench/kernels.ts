/** @file `npm run bench -- kernels`: the kernels that are bound by memory, each with the bytes it must move at least, beside
 *  a copy (read one array, write another) measured in turn with it. Ratio 1 is the speed of the copy; above 1 is
 *  possible where little is written, because a write also reads its cache line. */

import type { Backend, Binary, Operand, Unary } from "../src/tensor/index.js";
import { createEngine } from "../src/tensor/index.js";
import type { Bench } from "./outcome.js";

/** One kernel: `passes` counts the arrays of `length` fp32 elements that it reads or writes. */
interface Load {
  readonly name: string;
  readonly passes: number;
  run(): void;
}

const DIM = 768;
const VOCAB = 32_768;

/** The arrays: five of [rows, DIM], rows of weights and statistics, ids and targets. */
function arrays(backend: Backend, rows: number) {
  const floats = (length: number, value: (i: number) => number): Operand => {
    const storage = backend.allocate("f32", length);
    backend.write(
      { storage, offset: 0 },
      Float32Array.from({ length }, (_, i) => value(i)),
    );
    return { storage, offset: 0 };
  };
  const ints = (length: number, value: (i: number) => number): Operand => {
    const storage = backend.allocate("i32", length);
    backend.write(
      { storage, offset: 0 },
      Int32Array.from({ length }, (_, i) => value(i)),
    );
    return { storage, offset: 0 };
  };
  const wave = (i: number) => Math.fround(2 * Math.sin(i * 12.9898));
  const length = rows * DIM;
  return {
    rows,
    length,
    x: floats(length, wave),
    y: floats(length, wave),
    z: floats(length, (i) => wave(i + 7)),
    w: floats(length, wave),
    positive: floats(length, (i) => wave(i) ** 2 + 0.1),
    table: floats(VOCAB * 64, wave),
    gain: floats(DIM, wave),
    bias: floats(DIM, wave),
    dGain: floats(DIM, wave),
    dBias: floats(DIM, wave),
    mean: floats(rows, () => 0),
    rstd: floats(rows, () => 1),
    cos: floats(rows * 32, Math.cos),
    sin: floats(rows * 32, Math.sin),
    ids: ints(length / 64, (i) => (i * 7919) % VOCAB),
    targets: ints(rows, (i) => (i * 31) % VOCAB),
    indices: ints(rows, () => 0),
    codes: ints(length / 8, (i) => Math.imul(i, 0x9e3779b1)),
  };
}
type Arrays = ReturnType<typeof arrays>;

function elementLoads(b: Backend, a: Arrays): Load[] {
  const { x, y, z, length, rows } = a;
  const unary = (op: Unary): Load => ({
    name: op,
    passes: 2,
    run: () => b.unary({ op, x: op === "log" ? a.positive : x, y, length }),
  });
  const slope = (op: Unary): Load => ({
    name: `${op}-backward`,
    passes: 3,
    run: () => b.unaryBackward({ op, x, dy: z, dx: y, length, accumulate: false }),
  });
  const binary = (op: Binary, bLength: number): Load => ({
    name: bLength === length ? op : `${op}-row`,
    passes: bLength === length ? 3 : 2,
    run: () => b.binary({ op, a: x, b: bLength === length ? z : a.gain, y, length, bLength }),
  });
  const gate = { op: "silu", gate: x, up: z, rows, dim: DIM, ldg: DIM, ldu: DIM } as const;
  const heads = [rows / 64, DIM / 64, 64, 64];
  return [
    { name: "fill", passes: 1, run: () => b.fill(y, length, 1) },
    { name: "axpby", passes: 3, run: () => b.axpby({ alpha: 0.5, x, beta: 0.5, y, length }) },
    binary("add", length),
    binary("add", DIM),
    binary("mul", length),
    {
      name: "dropout",
      passes: 2,
      run: () => b.dropout({ x, y, length, mask: { p: 0.1, seed: 1, stream: 0 } }),
    },
    {
      name: "dropout-add",
      passes: 3,
      run: () => b.dropout({ x, residual: z, y, length, mask: { p: 0.1, seed: 1, stream: 0 } }),
    },
    {
      name: "dequantize-4",
      passes: 1.25,
      run: () => b.dequantize4({ codes: a.codes, table: a.gain, scales: a.positive, y, length, block: 64 }),
    },
    ...(["relu", "gelu", "gelu_tanh", "silu", "tanh", "exp", "log"] as const).map(unary),
    ...(["gelu", "gelu_tanh", "silu"] as const).map(slope),
    { name: "gated-silu", passes: 3, run: () => b.gated({ ...gate, y }) },
    {
      name: "gated-silu-backward",
      passes: 5,
      run: () => b.gatedBackward({ ...gate, dy: a.positive, dGate: y, dUp: a.w }),
    },
    {
      name: "permute-heads",
      passes: 2,
      run: () =>
        b.stridedCopy({
          x,
          y,
          shape: heads,
          xStrides: [64 * DIM, 64, DIM, 1],
          yStrides: [64 * DIM, 64 * 64, 64, 1],
          accumulate: false,
        }),
    },
    {
      name: "transpose",
      passes: 2,
      run: () =>
        b.stridedCopy({
          x,
          y,
          shape: [DIM, rows],
          xStrides: [1, DIM],
          yStrides: [rows, 1],
          accumulate: false,
        }),
    },
    {
      name: "adamw",
      passes: 7,
      run: () =>
        b.adamw([
          {
            param: x,
            grad: z,
            m: y,
            v: a.positive,
            length,
            lr: 0,
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            weightDecay: 0,
            step: 9,
            gradScale: 1,
          },
        ]),
    },
  ];
}

function rowLoads(b: Backend, a: Arrays): Load[] {
  const { x, y, z, rows, length } = a;
  const norm = { x, gain: a.gain, rows, dim: DIM };
  const backward = {
    ...norm,
    rstd: a.rstd,
    dy: z,
    dx: y,
    dGain: a.dGain,
    accumulateX: false,
    accumulateW: false,
  };
  const vocabulary = { targets: a.targets, losses: a.mean, rows: length / VOCAB, vocab: VOCAB, ld: VOCAB };
  return [
    { name: "layerNorm", passes: 2, run: () => b.layerNorm({ ...norm, bias: a.bias, y, eps: 1e-5 }) },
    {
      name: "layerNorm-backward",
      passes: 3,
      run: () => b.layerNormBackward({ ...backward, mean: a.mean, dBias: a.dBias }),
    },
    { name: "rmsNorm", passes: 2, run: () => b.rmsNorm({ ...norm, gainOffset: 0, y, eps: 1e-5 }) },
    { name: "rmsNorm-backward", passes: 3, run: () => b.rmsNormBackward({ ...backward, gainOffset: 0 }) },
    {
      name: "rope",
      passes: 2,
      run: () =>
        b.rope({
          x,
          y,
          cos: a.cos,
          sin: a.sin,
          rows,
          heads: DIM / 64,
          dim: 64,
          half: 32,
          ldx: DIM,
          ldy: DIM,
          sign: 1,
        }),
    },
    { name: "softmax", passes: 2, run: () => b.softmax({ x, y, rows, cols: DIM, log: false }) },
    {
      name: "softmax-backward",
      passes: 3,
      run: () => b.softmaxBackward({ y: x, dy: z, dx: y, rows, cols: DIM, log: false, accumulate: false }),
    },
    { name: "crossEntropy", passes: 1, run: () => b.crossEntropy({ ...vocabulary, logits: x }) },
    {
      name: "crossEntropy-gradient",
      passes: 2,
      run: () => b.crossEntropy({ ...vocabulary, logits: y, gradScale: 1 }),
    },
    {
      name: "argmax",
      passes: 1,
      run: () => b.argmax({ x, y: a.indices, rows: length / VOCAB, cols: VOCAB }),
    },
    {
      name: "embedding",
      passes: 2,
      run: () => b.embedding({ table: a.table, ids: a.ids, y, rows: length / 64, dim: 64 }),
    },
    {
      name: "embedding-backward",
      passes: 3,
      run: () =>
        b.embeddingBackward({ dTable: a.table, ids: a.ids, dy: x, rows: length / 64, dim: 64, vocab: VOCAB }),
    },
    {
      name: "sumRows",
      passes: 1,
      run: () => b.sumRows({ x, y: a.dGain, rows, cols: DIM, ld: DIM, accumulate: false }),
    },
    { name: "sumCols", passes: 1, run: () => b.sumCols({ x, y: a.mean, rows, cols: DIM }) },
    { name: "sumSquares", passes: 1, run: () => void b.sumSquares(x, length) },
  ];
}

function seconds(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

export const run: Bench = async function* ({ quick }) {
  const engine = createEngine();
  const { backend } = engine;
  const a = arrays(backend, quick ? 2048 : 8192);
  const copy = () => backend.copy(a.x, a.z, a.length);
  const rate = (passes: number, time: number) => (passes * 4 * a.length) / time / 1e9;
  for (const load of [...elementLoads(backend, a), ...rowLoads(backend, a)]) {
    const [ours, peer]: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 5 : 15); round++) {
      peer.push(seconds(copy));
      ours.push(seconds(load.run));
    }
    const [mine, theirs] = [Math.min(...ours), Math.min(...peer)]; // the rounds that nobody disturbed
    const note = `${((load.passes * 4 * a.length) / 1e6).toFixed(1)} MB in ${(mine * 1e3).toFixed(2)} ms`;
    const [speed, bandwidth] = [rate(load.passes, mine), rate(2, theirs)];
    yield {
      name: `kernels/${load.name}`,
      ours: speed,
      peer: bandwidth,
      ratio: speed / bandwidth,
      unit: "GB/s",
      note,
    };
  }
  engine.dispose();
};
