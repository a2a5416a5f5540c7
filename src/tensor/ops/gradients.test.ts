import { describe, expect, it } from "vitest";
import { createNativeBackend, nativeAvailable } from "../backends/native/index.js";
import { createReferenceBackend } from "../backends/reference/index.js";
import { Engine } from "../engine.js";
import { createRandom } from "../random.js";
import { backward, zeroGrad } from "../tape.js";
import type { Tensor } from "../tensor.js";
import * as ops from "./index.js";

interface Case {
  readonly name: string;
  /** Shapes of the inputs that are differentiated. */
  readonly inputs: readonly (readonly number[])[];
  run(x: Tensor[], engine: Engine): Tensor;
  /** Values of an input, from normal ones: to stay clear of kinks and poles. */
  readonly from?: (x: number) => number;
}

const away = (x: number) => x + Math.sign(x) * 0.3;
const offBounds = (x: number) => (Math.min(Math.abs(x - 0.5), Math.abs(x + 0.75)) < 0.05 ? x + 0.1 : x);
const positive = (x: number) => 0.5 + Math.abs(x);
const ids = (engine: Engine, values: number[], shape?: number[]) =>
  engine.tensor(Int32Array.from(values), shape ?? [values.length]);
const ranges = (engine: Engine, batch: number, queries: number, extra: Partial<ops.RangeOptions> = {}) =>
  engine.tensor(ops.attentionRanges({ batch, queries, causal: true, ...extra }), [batch, queries, 2]);
const angles = (engine: Engine, rows: number, half: number) => {
  const angle = Float32Array.from({ length: rows * half }, (_, i) => 0.7 * i);
  return [
    engine.tensor(angle.map(Math.cos), [rows, half]),
    engine.tensor(angle.map(Math.sin), [rows, half]),
  ] as const;
};

const mask = { p: 0.4, seed: 3, stream: 1 };
const binaries = { add: ops.add, sub: ops.sub, mul: ops.mul };
const unaries = [
  "relu",
  "gelu",
  "gelu_tanh",
  "quick_gelu",
  "silu",
  "tanh",
  "sigmoid",
  "relu2",
  "neg",
  "exp",
  "square",
  "abs",
] as const;
const cases: Case[] = [
  ...unaries.map((op): Case => ({ name: op, inputs: [[3, 5]], run: ([x]) => ops.unary(op, x!), from: away })),
  ...(["log", "sqrt", "rsqrt", "reciprocal"] as const).map(
    (op): Case => ({ name: op, inputs: [[7]], run: ([x]) => ops.unary(op, x!), from: positive }),
  ),
  ...(["add", "sub", "mul"] as const).flatMap((op): Case[] => [
    {
      name: op,
      inputs: [
        [3, 5],
        [3, 5],
      ],
      run: ([a, b]) => binaries[op](a!, b!),
    },
    { name: `${op} of a row`, inputs: [[2, 3, 5], [5]], run: ([a, b]) => binaries[op](a!, b!) },
    { name: `${op} of one number`, inputs: [[3, 1], [1]], run: ([a, b]) => binaries[op](a!, b!) },
    { name: `${op} with itself`, inputs: [[3, 3]], run: ([a]) => binaries[op](a!, a!) },
    {
      name: `${op} with itself, computed`,
      inputs: [[3, 3]],
      run: ([a]) => {
        const t = ops.unary("tanh", a!);
        return binaries[op](t, t);
      },
    },
  ]),
  {
    name: "div",
    inputs: [
      [3, 5],
      [3, 5],
    ],
    run: ([a, b]) => ops.div(a!, b!),
    from: positive,
  },
  { name: "div by a row", inputs: [[2, 5], [5]], run: ([a, b]) => ops.div(a!, b!), from: positive },
  { name: "scale", inputs: [[7]], run: ([x]) => ops.scale(x!, -1.5, 2) },
  ...(["silu", "gelu_tanh", "relu"] as const).map(
    (op): Case => ({
      name: `gated ${op}`,
      inputs: [
        [3, 5],
        [3, 5],
      ],
      run: ([a, b]) => ops.gated(op, a!, b!),
      from: away,
    }),
  ),
  { name: "dropout", inputs: [[9, 11]], run: ([x]) => ops.dropout(x!, mask) },
  {
    name: "dropout onto a residual",
    inputs: [
      [9, 11],
      [9, 11],
    ],
    run: ([x, r]) => ops.dropout(x!, mask, r!),
  },
  { name: "dropout onto itself", inputs: [[9, 11]], run: ([x]) => ops.dropout(x!, mask, x!) },
  {
    name: "dropout of what is used twice",
    inputs: [[9, 11]],
    run: ([x]) => {
      const t = ops.unary("tanh", x!);
      return ops.add(ops.dropout(t, mask), ops.mul(t, t));
    },
  },
  ...([undefined, "silu"] as const).flatMap((activation): Case[] => [
    {
      name: `linear ${activation ?? ""} with dropout`,
      inputs: [[6, 5], [4, 5], [4]],
      run: ([x, w, bias]) => ops.linear(x!, w!, { bias: bias!, activation, dropout: mask }),
    },
    {
      name: `linear ${activation ?? ""} with dropout and its input as the residual`,
      inputs: [
        [6, 5],
        [5, 5],
      ],
      run: ([x, w]) => ops.linear(x!, w!, { activation, dropout: mask, residual: x! }),
    },
  ]),
  { name: "gated of one tensor twice", inputs: [[3, 5]], run: ([a]) => ops.gated("silu", a!, a!) },
  { name: "gated of halves", inputs: [[3, 10]], run: ([x]) => ops.gatedHalves("silu", x!) },
  { name: "softcap", inputs: [[3, 5]], run: ([x]) => ops.softcap(x!, 1.5) },
  {
    name: "clamp",
    inputs: [[7, 5]],
    run: ([x]) => ops.clamp(x!, { low: -0.75, high: 0.5 }),
    from: offBounds,
  },
  { name: "clamp above", inputs: [[7, 5]], run: ([x]) => ops.clamp(x!, { high: 0.5 }), from: offBounds },
  {
    name: "scaleRows",
    inputs: [
      [2, 3, 5],
      [6, 1],
    ],
    run: ([x, f]) => ops.scaleRows(x!, f!),
  },
  {
    name: "scatterRows",
    inputs: [[4, 3]],
    run: ([x], e) => ops.scatterRows(x!, ids(e, [4, 0, 4, 2]), [5, 3]),
  },
  {
    name: "rowsOf, beside the whole",
    inputs: [[5, 3]],
    run: ([x]) => ops.concat([ops.rowsOf(x!, 1, 3), x!, ops.rowsOf(x!, 2, 5)], 0),
  },
  { name: "embedding", inputs: [[5, 3]], run: ([t], e) => ops.embedding(t!, ids(e, [4, 0, 4, 2], [2, 2])) },
  {
    name: "linear",
    inputs: [
      [2, 3, 5],
      [7, 5],
    ],
    run: ([x, w]) => ops.linear(x!, w!),
  },
  {
    name: "linear in-out, bias, residual",
    inputs: [[3, 5], [5, 7], [7], [3, 7]],
    run: ([x, w, bias, residual]) => ops.linear(x!, w!, { layout: "in-out", bias, residual }),
  },
  {
    name: "linear, bias, activation, residual",
    inputs: [[3, 5], [7, 5], [7], [3, 7]],
    run: ([x, w, bias, residual]) => ops.linear(x!, w!, { bias, activation: "gelu_tanh", residual }),
  },
  {
    name: "linear with its input as residual",
    inputs: [
      [3, 5],
      [5, 5],
    ],
    run: ([x, w]) => ops.linear(x!, w!, { residual: x }),
  },
  {
    name: "linear with weights of low rank",
    inputs: [
      [2, 3, 5],
      [7, 5],
      [2, 5],
      [7, 2],
      [6, 5],
      [1, 5],
      [7, 1],
    ],
    run: ([x, w, a, b, other, c, d]) =>
      ops.linear(x!, w!, {
        lowRank: [
          { a: a!, b: b!, scale: 0.5 },
          { a: c!, b: d!, scale: -2, x: other },
        ],
      }),
  },
  {
    name: "linear in-out with a weight of low rank, activation, residual",
    inputs: [[3, 5], [5, 7], [7], [3, 7], [2, 5], [7, 2]],
    run: ([x, w, bias, residual, a, b]) =>
      ops.linear(x!, w!, {
        layout: "in-out",
        bias,
        activation: "gelu_tanh",
        residual,
        lowRank: [{ a: a!, b: b!, scale: 1.5 }],
      }),
  },
  {
    name: "linear with a weight of low rank, activation",
    inputs: [
      [3, 5],
      [7, 5],
      [2, 5],
      [7, 2],
    ],
    run: ([x, w, a, b]) =>
      ops.linear(x!, w!, { activation: "silu", lowRank: [{ a: a!, b: b!, scale: 1.5 }] }),
  },
  {
    name: "linear of one row and column",
    inputs: [[1, 1], [1, 1], [1]],
    run: ([x, w, bias]) => ops.linear(x!, w!, { bias }),
  },
  {
    name: "matmul",
    inputs: [
      [2, 3, 5],
      [2, 5, 7],
    ],
    run: ([a, b]) => ops.matmul(a!, b!, { alpha: 0.5 }),
  },
  {
    name: "matmul transB",
    inputs: [
      [2, 3, 5],
      [2, 7, 5],
    ],
    run: ([a, b]) => ops.matmul(a!, b!, { transB: true, alpha: 0.5 }),
  },
  { name: "matmul with itself", inputs: [[3, 3]], run: ([a]) => ops.matmul(a!, a!) },
  { name: "layerNorm", inputs: [[3, 7], [7], [7]], run: ([x, g, b]) => ops.layerNorm(x!, g!, b, 1e-5) },
  {
    name: "layerNorm without bias",
    inputs: [[3, 7], [7]],
    run: ([x, g]) => ops.layerNorm(x!, g!, undefined, 1e-5),
  },
  {
    name: "layerNorm with one tensor as gain and bias",
    inputs: [[3, 7], [7]],
    run: ([x, g]) => ops.layerNorm(x!, g!, g, 1e-5),
  },
  { name: "rmsNorm", inputs: [[3, 7], [7]], run: ([x, g]) => ops.rmsNorm(x!, g, { eps: 1e-6 }) },
  {
    name: "rmsNorm offset",
    inputs: [[3, 7], [7]],
    run: ([x, g]) => ops.rmsNorm(x!, g, { eps: 1e-6, gainOffset: 1 }),
  },
  { name: "rmsNorm without gain", inputs: [[3, 7]], run: ([x]) => ops.rmsNorm(x!, undefined, { eps: 1e-6 }) },
  { name: "rmsNorm of heads", inputs: [[2, 2, 6], [3]], run: ([x, g]) => ops.rmsNorm(x!, g, { eps: 1e-6 }) },
  { name: "rope", inputs: [[1, 3, 12]], run: ([x], e) => ops.rope(x!, ...angles(e, 3, 3), 6) },
  {
    name: "rope of a part of each head",
    inputs: [[1, 3, 14]],
    run: ([x], e) => ops.rope(x!, ...angles(e, 3, 2), 7),
  },
  {
    name: "rope of some heads",
    inputs: [[1, 3, 12]],
    run: ([x], e) => ops.rope(x!, ...angles(e, 3, 2), 4, { heads: 2 }),
  },
  {
    name: "rope in place of some heads",
    inputs: [
      [3, 5],
      [12, 5],
    ],
    run: ([x, w], e) => ops.rope(ops.linear(x!, w!), ...angles(e, 3, 2), 4, { inPlace: true, heads: 2 }),
  },
  {
    name: "rope in place",
    inputs: [
      [3, 5],
      [12, 5],
    ],
    run: ([x, w], e) => ops.rope(ops.linear(x!, w!), ...angles(e, 3, 3), 6, { inPlace: true }),
  },
  {
    name: "attention",
    inputs: [
      [2, 5, 6],
      [2, 5, 6],
      [2, 5, 6],
    ],
    run: ([q, k, v], e) => ops.attention(q!, k!, v!, { heads: 2, ranges: ranges(e, 2, 5) }),
  },
  {
    name: "attention with dropout",
    inputs: [
      [2, 5, 6],
      [2, 5, 3],
      [2, 5, 3],
    ],
    run: ([q, k, v], e) =>
      ops.attention(q!, k!, v!, { heads: 2, kvHeads: 1, ranges: ranges(e, 2, 5), dropout: mask }),
  },
  {
    name: "attentionQkv with dropout, sinks and a soft cap",
    inputs: [[1, 4, 18], [2]],
    run: ([x, sinks], e) =>
      ops.attentionQkv(x!, { heads: 2, sinks: sinks!, softcap: 1.5, ranges: ranges(e, 1, 4), dropout: mask }),
  },
  {
    name: "attention, grouped, windowed, padded",
    inputs: [
      [2, 5, 12],
      [2, 5, 6],
      [2, 5, 6],
    ],
    run: ([q, k, v], e) =>
      ops.attention(q!, k!, v!, {
        heads: 4,
        kvHeads: 2,
        ranges: ranges(e, 2, 5, { window: 3, mask: [0, 0, 1, 1, 1, 1, 1, 1, 1, 0] }),
      }),
  },
  {
    name: "attention with a soft cap",
    inputs: [
      [1, 4, 6],
      [1, 4, 6],
      [1, 4, 6],
    ],
    run: ([q, k, v], e) =>
      ops.attention(q!, k!, v!, { heads: 2, softcap: 1.5, scale: 0.7, ranges: ranges(e, 1, 4) }),
  },
  {
    name: "attention with sinks, padded",
    inputs: [[2, 4, 12], [2, 4, 6], [2, 4, 6], [4]],
    run: ([q, k, v, sinks], e) =>
      ops.attention(q!, k!, v!, {
        heads: 4,
        kvHeads: 2,
        sinks,
        ranges: ranges(e, 2, 4, { mask: [0, 1, 1, 1, 1, 1, 1, 0] }),
      }),
  },
  {
    name: "attentionQkv with sinks",
    inputs: [[1, 4, 18], [2]],
    run: ([x, sinks], e) => ops.attentionQkv(x!, { heads: 2, sinks, ranges: ranges(e, 1, 4) }),
  },
  {
    name: "attention of one tensor thrice",
    inputs: [[1, 4, 6]],
    run: ([x], e) => ops.attention(x!, x!, x!, { heads: 2, ranges: ranges(e, 1, 4) }),
  },
  {
    name: "attention over other keys",
    inputs: [
      [1, 2, 6],
      [1, 5, 6],
      [1, 5, 6],
    ],
    run: ([q, k, v], e) =>
      ops.attention(q!, k!, v!, { heads: 2, ranges: ranges(e, 1, 2, { causal: false, past: 3 }) }),
  },
  {
    name: "attentionQkv",
    inputs: [[2, 4, 18]],
    run: ([x], e) => ops.attentionQkv(x!, { heads: 2, ranges: ranges(e, 2, 4) }),
  },
  {
    name: "attentionQkv, grouped",
    inputs: [[1, 4, 24]],
    run: ([x], e) => ops.attentionQkv(x!, { heads: 4, kvHeads: 2, ranges: ranges(e, 1, 4) }),
  },
  { name: "softmax", inputs: [[3, 5]], run: ([x]) => ops.softmax(x!) },
  { name: "log-softmax", inputs: [[3, 5]], run: ([x]) => ops.softmax(x!, { log: true }) },
  {
    name: "crossEntropy",
    inputs: [[4, 5]],
    run: ([x], e) => ops.crossEntropy(x!, ids(e, [4, -100, 0, 2]), 3).loss,
  },
  {
    name: "linearCrossEntropy",
    inputs: [[2, 2, 3], [5, 3], [5]],
    run: ([x, w, bias], e) => ops.linearCrossEntropy(x!, w!, ids(e, [4, -100, 0, 2]), 3, { bias }).loss,
  },
  {
    name: "linearCrossEntropy, capped",
    inputs: [[2, 2, 3], [5, 3], [5]],
    run: ([x, w, bias], e) =>
      ops.linearCrossEntropy(x!, w!, ids(e, [4, -100, 0, 2]), 3, { bias, softcap: 1.5 }).loss,
  },
  { name: "sum", inputs: [[3, 5]], run: ([x]) => ops.sum(x!) },
  { name: "mean", inputs: [[3, 5]], run: ([x]) => ops.mean(x!) },
  { name: "sumLast", inputs: [[2, 3, 5]], run: ([x]) => ops.sumLast(x!) },
  { name: "reshape", inputs: [[2, 3, 5]], run: ([x]) => ops.reshape(x!, [5, -1]) },
  {
    name: "reshape beside its source",
    inputs: [[2, 3]],
    run: ([x]) => {
      const t = ops.unary("exp", x!);
      return ops.add(t, ops.reshape(ops.reshape(t, [6]), [2, 3]));
    },
  },
  { name: "permute", inputs: [[2, 3, 5]], run: ([x]) => ops.permute(x!, [2, 0, 1]) },
  { name: "slice", inputs: [[2, 5, 3]], run: ([x]) => ops.slice(x!, 1, 1, 4) },
  {
    name: "slices of one tensor",
    inputs: [[2, 6]],
    run: ([x]) => ops.mul(ops.slice(x!, 1, 0, 3), ops.slice(x!, 1, 2, 5)),
  },
  {
    name: "concat",
    inputs: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    run: (x) => ops.concat(x, 1),
  },
  { name: "concat of a tensor with itself", inputs: [[2, 3]], run: ([x]) => ops.concat([x!, x!], 0) },
  {
    // A leaf that takes over a gradient which another pending gradient shares must not write into it.
    name: "residual in second place",
    inputs: [
      [3, 4],
      [4, 4],
    ],
    run: ([x, w]) => ops.add(ops.linear(x!, w!), x!),
  },
  {
    name: "difference of a tensor and its product",
    inputs: [[4, 4]],
    run: ([x]) => ops.sub(ops.linear(x!, x!), x!),
  },
  {
    name: "residual chain",
    inputs: [
      [3, 4],
      [4, 4],
    ],
    run: ([x, w]) => {
      // Gradients handed on unchanged (pass) meet sums: each must be copied before it is added to.
      const a = ops.add(x!, ops.linear(x!, w!));
      const b = ops.linear(a, w!, { residual: a, activation: "silu" });
      return ops.add(ops.add(b, a), ops.reshape(ops.reshape(b, [12]), [3, 4]));
    },
  },
  {
    name: "tied embedding",
    inputs: [[5, 3]],
    run: ([t], e) =>
      ops.linearCrossEntropy(ops.embedding(t!, ids(e, [4, 0, 4])), t!, ids(e, [0, 4, 1]), 3).loss,
  },
];

function inputsOf(c: Case): Float32Array[] {
  const random = createRandom(11).stream(c.name);
  return c.inputs.map((shape) =>
    random.fillNormal(new Float32Array(shape.reduce((n, d) => n * d, 1))).map(c.from ?? ((x) => x)),
  );
}

/** Σ weights·y: a loss whose gradient differs at every output. */
function lossOf(c: Case, engine: Engine, x: Tensor[]): Tensor {
  const y = c.run(x, engine);
  const weights = createRandom(5).stream(c.name).fillNormal(new Float32Array(y.size));
  return ops.sum(ops.mul(y, engine.tensor(weights, y.shape)));
}

function gradientsOf(c: Case, engine: Engine, values: Float32Array[]): Float32Array[] {
  const x = values.map((v, i) => engine.parameter(c.inputs[i]!).write(v));
  engine.scope(() => backward(lossOf(c, engine, x)));
  const gradients = x.map((t) => t.grad!.readFloats());
  for (const t of x) t.dispose();
  return gradients;
}

function centralDifferences(c: Case, engine: Engine, values: Float32Array[]): Float32Array[] {
  const h = 2 ** -8;
  const at = (i: number, j: number, step: number) =>
    engine.noGrad(() =>
      engine.scope(() => {
        const x = values.map((v, k) =>
          engine.tensor(k === i ? v.map((a, l) => (l === j ? a + step : a)) : v, c.inputs[k]!),
        );
        const y = c.run(x, engine);
        const weights = createRandom(5).stream(c.name).fillNormal(new Float32Array(y.size));
        return y.readFloats().reduce((sum, a, k) => sum + a * weights[k]!, 0);
      }),
    );
  // Richardson: (4·D(h) − D(2h))/3 cancels the error of order h².
  const d = (i: number, j: number, step: number) => (at(i, j, step) - at(i, j, -step)) / (2 * step);
  return values.map((v, i) => v.map((_, j) => (4 * d(i, j, h) - d(i, j, 2 * h)) / 3));
}

function expectClose(found: Float32Array[], expected: Float32Array[], tolerance: number): void {
  found.forEach((f, i) => {
    const size = expected[i]!.reduce((most, g) => Math.max(most, Math.abs(g)), 1);
    f.forEach((g, j) => {
      expect(
        Math.abs(g - expected[i]![j]!),
        `input ${i}, element ${j}: ${g} and ${expected[i]![j]}`,
      ).toBeLessThanOrEqual(tolerance * size);
    });
  });
}

const reference = () => new Engine({ backend: createReferenceBackend() });

describe("gradients by central differences", () => {
  it.each(cases)("$name", (c) => {
    const values = inputsOf(c);
    expectClose(gradientsOf(c, reference(), values), centralDifferences(c, reference(), values), 2e-4);
  });
});

describe("with activations in bf16", () => {
  it.each(cases)("gradients are near those in fp32: $name", (c) => {
    const values = inputsOf(c);
    const engine = new Engine({ backend: createReferenceBackend(), compute: "bf16" });
    const found = gradientsOf(c, engine, values);
    expectClose(found, gradientsOf(c, reference(), values), 0.06);
    expect(engine.backend.memory().bytes).toBe(0);
  });

  const bf16 = () => new Engine({ backend: createReferenceBackend(), compute: "bf16" });

  it("a layer holds them so, and its residual stream in f32", () => {
    const engine = bf16();
    const [w, gain] = [engine.parameter([4, 4]), engine.parameter([4])];
    const x = engine.full([3, 4], 1);
    const y = ops.linear(ops.rmsNorm(x, gain, { eps: 1e-6 }), w);
    const out = ops.linear(y, w, { residual: x });
    expect([y, out, ops.linear(y, w, { dtype: "f32" }), ops.add(y, x)].map((t) => t.dtype)).toEqual([
      "bf16",
      "f32",
      "f32",
      "f32",
    ]);
  });

  it("a gradient with several parts is summed in f32 and rounded once", () => {
    const engine = bf16();
    const one = engine.parameter([1, 1]).write(Float32Array.of(1));
    const small = engine.tensor([2 ** -9], [1, 1]);
    engine.scope(() => {
      const y = ops.linear(one, engine.full([1, 1], 1)); // bf16
      // Each 2⁻⁹ alone is lost beside a 1 in bf16; four of them are one unit.
      const parts = [engine.full([1, 1], 1), small, small, small, small];
      const sums = parts.map((w) => ops.linear(y, w, { dtype: "f32" }));
      backward(ops.sum(sums.reduce((a, b) => ops.add(a, b))));
    });
    expect(one.grad!.item()).toBe(1 + 2 ** -7);
  });

  it("tensors of two types are taken as f32, where that can be", () => {
    const engine = bf16();
    const half = engine.full([2], 1.5, "bf16");
    const x = engine.full([2], 2 ** -10);
    expect([...ops.add(half, x).readFloats()]).toEqual([1.5 + 2 ** -10, 1.5 + 2 ** -10]);
    expect(ops.cast(half, "bf16")).toBe(half);
    expect([...ops.cast(x, "bf16").readFloats()]).toEqual([2 ** -10, 2 ** -10]);
    expect(() => ops.concat([half, x], 0)).toThrow(/types bf16,f32/);
  });
});

const native = nativeAvailable();
describe.skipIf(!native.ok)("gradients of the native backend", () => {
  it.each(cases)("$name", (c) => {
    const values = inputsOf(c);
    const engine = new Engine({ backend: createNativeBackend({}) });
    expectClose(gradientsOf(c, engine, values), gradientsOf(c, reference(), values), 1e-5);
    engine.dispose();
  });
});

describe("the tape", () => {
  it("adds to the gradients there are, and begins anew after zeroGrad", () => {
    const engine = reference();
    const x = engine.parameter([2]).write(Float32Array.of(1, 2));
    const step = () => engine.scope(() => backward(ops.sum(ops.unary("square", x))));
    step();
    step();
    expect([...x.grad!.readFloats()]).toEqual([4, 8]);
    zeroGrad([x]);
    step();
    expect([...x.grad!.readFloats()]).toEqual([2, 4]);
  });

  it("records nothing inside noGrad and for tensors that need no gradient", () => {
    const engine = reference();
    const x = engine.parameter([2]).write(Float32Array.of(1, 2));
    expect(engine.noGrad(() => ops.unary("exp", x)).node).toBeNull();
    expect(ops.unary("exp", engine.tensor([1, 2])).node).toBeNull();
    expect(() => backward(ops.sum(engine.tensor([1, 2])))).toThrow(/depends on no parameter/);
    expect(() => backward(ops.unary("exp", x))).toThrow(/one element/);
  });

  it("adds nothing to the row of a padding id", () => {
    const engine = reference();
    const table = engine.parameter([4, 2]).write(new Float32Array(8).fill(1));
    engine.scope(() => backward(ops.sum(ops.embedding(table, ids(engine, [3, 0, 3, 1]), { paddingId: 3 }))));
    expect([...table.grad!.readFloats()]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it("leaves gradients of frozen parameters alone", () => {
    const engine = reference();
    const [x, w, b] = [[3, 5], [7, 5], [7]].map((s) =>
      engine.parameter(s).write(new Float32Array(s.reduce((n, d) => n * d, 1)).fill(0.5)),
    );
    w!.requiresGrad = false;
    engine.scope(() => backward(ops.sum(ops.linear(x!, w!, { bias: b! }))));
    expect(w!.grad).toBeNull();
    expect([...b!.grad!.readFloats()]).toEqual(new Array(7).fill(3));
  });

  it.each(cases)("returns all memory but the gradients: $name", (c) => {
    const engine = reference();
    const x = inputsOf(c).map((v, i) => engine.parameter(c.inputs[i]!).write(v));
    const before = engine.backend.memory().bytes;
    engine.scope(() => backward(lossOf(c, engine, x)));
    const gradients = x.reduce((n, t) => n + 4 * t.size, 0);
    expect(engine.backend.memory().bytes - before).toBe(gradients);
    engine.scope(() => backward(lossOf(c, engine, x))); // adds
    expect(engine.backend.memory().bytes - before).toBe(gradients);
  });

  it("frees what a step needs no more while it goes back", () => {
    const engine = reference();
    const layers = 12;
    const w = engine.parameter([16, 16]).write(new Float32Array(256).fill(0.1));
    const held: number[] = [];
    engine.scope(() => {
      let x = engine.full([64, 16], 0.5);
      for (let i = 0; i < layers; i++) x = ops.linear(x, w, { activation: "tanh", residual: x });
      const before = engine.backend.memory().bytes;
      backward(ops.sum(x));
      held.push(before, engine.backend.memory().bytes);
    });
    // The input, the loss and the gradient of w remain of twelve layers' activations.
    expect(held[1]!).toBeLessThan(held[0]! / 6);
  });

  it("keeps a kept tensor and returns what a scope returns", () => {
    const engine = reference();
    const before = engine.backend.memory().bytes;
    let kept: Tensor | undefined;
    const out = engine.scope(() => {
      kept = engine.full([8], 1).keep();
      engine.full([8], 2);
      return { list: [engine.full([8], 3)] };
    });
    expect(engine.backend.memory().bytes - before).toBe(64);
    expect([kept!.readFloats()[0], out.list[0]!.readFloats()[0]]).toEqual([1, 3]);
    kept!.dispose();
    out.list[0]!.dispose();
    expect(engine.backend.memory().bytes).toBe(before);
  });

  it("frees what was made when the scope throws", () => {
    const engine = reference();
    const before = engine.backend.memory().bytes;
    expect(() =>
      engine.scope(() => {
        engine.full([8], 1);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(engine.backend.memory().bytes).toBe(before);
  });
});

describe("attentionRanges", () => {
  it.each([
    ["causal", { causal: true }, [0, 1, 0, 2, 0, 3]],
    ["window", { causal: true, window: 2 }, [0, 1, 0, 2, 1, 3]],
    ["bidirectional", { causal: false }, [0, 3, 0, 3, 0, 3]],
    ["cache", { causal: true, past: 2 }, [0, 3, 0, 4, 0, 5]],
    ["left padding", { causal: true, mask: [0, 1, 1] }, [0, 0, 1, 2, 1, 3]],
    ["right padding", { causal: true, mask: [1, 1, 0] }, [0, 1, 0, 2, 0, 0]],
    ["documents", { causal: true, documentStarts: [0, 1, 1] }, [0, 1, 1, 2, 1, 3]],
    ["documents seen whole", { causal: false, documentStarts: [0, 0, 2] }, [0, 2, 0, 2, 2, 3]],
    ["reach", { causal: false, reach: 1 }, [0, 2, 0, 3, 1, 3]],
    ["reach, padding", { causal: false, reach: 1, mask: [1, 1, 0] }, [0, 2, 0, 2, 1, 2]],
  ])("%s", (_, options, expected) => {
    expect([...ops.attentionRanges({ batch: 1, queries: 3, ...options })]).toEqual(expected);
  });

  it("refuses a mask with holes", () => {
    expect(() => ops.attentionRanges({ batch: 1, queries: 3, causal: true, mask: [1, 0, 1] })).toThrow(
      /row 0 has padding at 1/,
    );
  });
});
