/** Forward kernels of the reference against numbers and formulas from elsewhere. */

import { describe, expect, it } from "vitest";
import type { Operand } from "../../backend.js";
import type { TypedArray } from "../../dtype.js";
import { erfc, unaryFunctions } from "./functions.js";
import { createReferenceBackend } from "./index.js";

const b = createReferenceBackend();
const put = (...values: number[]): Operand => own(Float32Array.from(values));
const own = (array: TypedArray): Operand => {
  const storage = b.allocate(array instanceof Float32Array ? "f32" : "i32", array.length);
  b.write({ storage, offset: 0 }, array);
  return { storage, offset: 0 };
};
const get = (x: Operand) => [...b.read(x, x.storage.length)];
const near = (actual: number, expected: number, rel: number) =>
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(
    rel * Math.abs(expected),
  );

describe("scalar functions", () => {
  // Values of erfc to the last digit, by Maclaurin series and continued fraction with 50 digits.
  it.each([
    [0, 1],
    [0.1, 0.8875370839817152],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.537459794428035e-12],
    [10, 2.088487583762545e-45],
    [-1, 1.842700792949715],
    [26, 5.663192408856143e-296],
  ])("erfc(%d)", (x, expected) => near(erfc(x), expected, 2e-13));

  it("activations at known points", () => {
    near(unaryFunctions.gelu(1), 0.8413447460685429, 1e-14);
    near(unaryFunctions.gelu(-4), -4 * 3.1671241833119924e-5, 1e-12);
    near(unaryFunctions.gelu_tanh(1), 0.8411919906082768, 1e-12);
    near(unaryFunctions.silu(2), 2 / (1 + Math.exp(-2)), 1e-14);
    near(unaryFunctions.quick_gelu(-1), -1 / (1 + Math.exp(1.702)), 1e-14);
    near(unaryFunctions.sigmoid(-700), Math.exp(-700), 1e-14);
    expect(unaryFunctions.relu2(-3)).toBe(0);
    for (const f of Object.values(unaryFunctions)) expect(f(Number.NaN)).toBeNaN();
  });
});

describe("kernels", () => {
  it("matmul: alpha, C, bias, preactivation, activation, residual, in that order", () => {
    const [c, preactivation] = [put(10, 20), put(0, 0)];
    b.matmul({
      a: put(1, 2),
      b: put(3, 4, 5, -60),
      c,
      m: 1,
      n: 2,
      k: 2,
      lda: 2,
      ldb: 2,
      ldc: 2,
      alpha: 2,
      accumulate: true,
      compute: "fp32",
      bias: put(100, -100),
      activation: "relu",
      preactivation,
      residual: put(0.5, 0.25),
    });
    expect(get(preactivation)).toEqual([10 + 2 * 13 + 100, 20 + 2 * -116 - 100]);
    expect(get(c)).toEqual([136.5, 0.25]);
  });

  it("matmul in bf16 rounds the operands and not the sum", () => {
    const c = put(0);
    b.matmul({
      a: put(1 + 2 ** -9, 1 + 2 ** -7),
      b: put(1 + 2 ** -10, 1 + 2 ** -7),
      c,
      m: 1,
      n: 1,
      k: 2,
      lda: 2,
      ldb: 1,
      ldc: 1,
      compute: "bf16",
    });
    expect(get(c)).toEqual([1 + (1 + 2 ** -7) ** 2]);
  });

  it("attention of two keys by hand; an empty range gives zeros and −inf", () => {
    const [o, lse] = [put(9, 9), put(9, 9)];
    b.attention({
      q: put(1, 1),
      k: put(0, Math.log(3)),
      v: put(1, 5),
      o,
      lse,
      ranges: own(Int32Array.of(0, 2, 1, 1)),
      batch: 1,
      tq: 2,
      tk: 2,
      heads: 1,
      kvHeads: 1,
      dim: 1,
      ldq: 1,
      ldk: 1,
      ldv: 1,
      ldo: 1,
      strideQ: 2,
      strideK: 2,
      strideV: 2,
      strideO: 2,
      scale: 1,
      compute: "fp32",
    });
    expect(get(o)).toEqual([4, 0]);
    near(get(lse)[0]!, Math.log(4), 1e-7);
    expect(get(lse)[1]).toBe(Number.NEGATIVE_INFINITY);
  });

  it("cross-entropy of uniform logits is log of their number, and stays finite for large ones", () => {
    const losses = put(0, 0);
    b.crossEntropy({
      logits: put(7, 7, 7, 7, 1e30, 0, 0, 0),
      targets: own(Int32Array.of(2, 0)),
      losses,
      rows: 2,
      vocab: 4,
      ld: 4,
    });
    near(get(losses)[0]!, Math.log(4), 1e-7);
    expect(get(losses)[1]).toBe(0);
  });

  it("layer norm and RMS norm of 1, 2, 3, 4", () => {
    const [y, z] = [put(0, 0, 0, 0), put(0, 0, 0, 0)];
    b.layerNorm({
      x: put(1, 2, 3, 4),
      gain: put(1, 1, 1, 2),
      bias: put(0, 0, 0, 1),
      y,
      rows: 1,
      dim: 4,
      eps: 0,
    });
    [-1.5, -0.5, 0.5, 3].forEach(
      (v, i) => void near(get(y)[i]! - (i === 3 ? 1 : 0), v / Math.sqrt(1.25), 1e-6),
    );
    b.rmsNorm({ x: put(1, 2, 3, 4), gain: put(0, 0, 0, 1), gainOffset: 1, y: z, rows: 1, dim: 4, eps: 0 });
    [1, 2, 3, 8].forEach((v, i) => void near(get(z)[i]!, v / Math.sqrt(7.5), 1e-6));
  });

  it("the first step of AdamW moves by the learning rate against the gradient's sign, after decay", () => {
    const [param, m, v] = [put(2, 2), put(0, 0), put(0, 0)];
    b.adamw([
      {
        param,
        grad: put(4, -0.5),
        m,
        v,
        length: 2,
        lr: 0.125,
        beta1: 0.9,
        beta2: 0.999,
        eps: 0,
        weightDecay: 0.5,
        step: 1,
        gradScale: 0.5,
      },
    ]);
    expect(get(param)).toEqual([2 * (1 - 0.0625) - 0.125, 2 * (1 - 0.0625) + 0.125]);
    near(get(m)[0]!, 0.2, 1e-6);
    near(get(v)[0]!, 0.004, 1e-6);
  });

  it("strided copies transpose, repeat and sum", () => {
    const y = put(0, 0, 0, 0, 0, 0);
    b.stridedCopy({
      x: put(1, 2, 3, 4, 5, 6),
      y,
      shape: [3, 2],
      xStrides: [1, 3],
      yStrides: [2, 1],
      accumulate: false,
    });
    expect(get(y)).toEqual([1, 4, 2, 5, 3, 6]);
    const sums = put(10, 20, 30);
    b.stridedCopy({
      x: put(1, 2, 3, 4, 5, 6),
      y: sums,
      shape: [2, 3],
      xStrides: [3, 1],
      yStrides: [0, 1],
      accumulate: true,
    });
    expect(get(sums)).toEqual([15, 27, 39]);
  });
});
