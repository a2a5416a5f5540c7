/** Every backward kernel of the reference against central differences of its forward. Storage is float32, so a step of
 *  2⁻⁷ and inputs of a few bits: the difference quotient is good to about 1e-4, any wrong term is larger. */

import { describe, expect, it } from "vitest";
import { type Activation, type Operand, UNARY_OPERATIONS } from "../../backend.js";
import type { TypedArray } from "../../dtype.js";
import { createRandom } from "../../random.js";
import { createReferenceBackend } from "./index.js";

const b = createReferenceBackend();
const random = createRandom(7);
const STEP = 2 ** -7;

const put = (array: TypedArray): Operand => {
  const storage = b.allocate(array instanceof Float32Array ? "f32" : "i32", array.length);
  b.write({ storage, offset: 0 }, array);
  return { storage, offset: 0 };
};
const make = (length: number) => put(new Float32Array(length));
const get = (x: Operand) => b.read(x, x.storage.length) as Float32Array;
/** Uniform between low and high, in steps of 1/64, so that x ± STEP is exact. */
const draw = (length: number, low = -1, high = 1) =>
  random.fillUniform(new Float32Array(length), low, high).map((v) => Math.round(v * 64) / 64);

/** Compares `gradient`, of Σ dy·forward(x) by x, with the differences of that sum. */
function compare(
  name: string,
  x: Float32Array,
  dy: Float32Array,
  forward: (x: Float32Array) => Float32Array,
  gradient: Float32Array,
) {
  const value = (at: Float32Array) => forward(at).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const moved = (i: number, by: number) => {
    const copy = x.slice();
    copy[i]! += by;
    return value(copy);
  };
  for (let i = 0; i < x.length; i++) {
    // Richardson's extrapolation of two central differences: error of order STEP⁴.
    const near = (moved(i, STEP) - moved(i, -STEP)) / (2 * STEP);
    const far = (moved(i, 2 * STEP) - moved(i, -2 * STEP)) / (4 * STEP);
    const expected = (4 * near - far) / 3;
    expect(
      Math.abs(gradient[i]! - expected),
      `${name}[${i}]: ${gradient[i]} by formula, ${expected} by differences`,
    ).toBeLessThan(3e-4 * (1 + Math.abs(expected)));
  }
}

describe("gradients by finite differences", () => {
  it.each(UNARY_OPERATIONS)("unary %s", (op) => {
    const positive = ["log", "sqrt", "rsqrt", "reciprocal"].includes(op);
    // Away from the kinks at 0.
    const x = (positive ? draw(40, 0.5, 2) : draw(40, -3, 3)).map((v) => (Math.abs(v) < 0.1 ? 0.25 : v));
    const dy = draw(40);
    const dx = put(dy.slice());
    b.unaryBackward({ op, x: put(x), dy: put(dy), dx, length: 40, accumulate: true });
    const forward = (at: Float32Array) => {
      const y = make(40);
      b.unary({ op, x: put(at), y, length: 40 });
      return get(y);
    };
    compare(
      op,
      x,
      dy,
      forward,
      get(dx).map((v, i) => v - dy[i]!),
    );
  });

  it.each(["relu", "gelu", "gelu_tanh", "quick_gelu", "silu", "tanh", "sigmoid", "relu2"] as Activation[])(
    "gated %s",
    (op) => {
      const [rows, dim] = [3, 5];
      const gate = draw(rows * dim, -2, 2).map((v) => (Math.abs(v) < 0.1 ? 0.5 : v));
      const [up, dy] = [draw(rows * dim), draw(rows * dim)];
      const [dGate, dUp] = [make(rows * dim), make(rows * dim)];
      const shape = { op, rows, dim, ldg: dim, ldu: dim };
      b.gatedBackward({ ...shape, gate: put(gate), up: put(up), dy: put(dy), dGate, dUp });
      const forward = (g: Float32Array, u: Float32Array) => {
        const y = make(rows * dim);
        b.gated({ ...shape, gate: put(g), up: put(u), y });
        return get(y);
      };
      compare("gate", gate, dy, (g) => forward(g, up), get(dGate));
      compare("up", up, dy, (u) => forward(gate, u), get(dUp));
    },
  );

  it("layer norm", () => {
    const [rows, dim, eps] = [3, 6, 1e-5];
    const [x, gain, bias, dy] = [draw(rows * dim, -2, 2), draw(dim), draw(dim), draw(rows * dim)];
    const [mean, rstd, y0] = [make(rows), make(rows), make(rows * dim)];
    b.layerNorm({ x: put(x), gain: put(gain), bias: put(bias), y: y0, mean, rstd, rows, dim, eps });
    const [dx, dGain, dBias] = [make(rows * dim), make(dim), make(dim)];
    b.layerNormBackward({
      x: put(x),
      gain: put(gain),
      mean,
      rstd,
      dy: put(dy),
      dx,
      dGain,
      dBias,
      rows,
      dim,
      accumulateX: false,
      accumulateW: false,
    });
    const forward = (xs: Float32Array, g: Float32Array, c: Float32Array) => {
      const y = make(rows * dim);
      b.layerNorm({ x: put(xs), gain: put(g), bias: put(c), y, rows, dim, eps });
      return get(y);
    };
    compare("x", x, dy, (v) => forward(v, gain, bias), get(dx));
    compare("gain", gain, dy, (v) => forward(x, v, bias), get(dGain));
    compare("bias", bias, dy, (v) => forward(x, gain, v), get(dBias));
  });

  it.each([0, 1])("RMS norm, gain + %i", (gainOffset) => {
    const [rows, dim, eps] = [3, 6, 1e-5];
    const [x, gain, dy] = [draw(rows * dim, 0.5, 2), draw(dim), draw(rows * dim)];
    const [rstd, y0] = [make(rows), make(rows * dim)];
    b.rmsNorm({ x: put(x), gain: put(gain), gainOffset, y: y0, rstd, rows, dim, eps });
    const [dx, dGain] = [make(rows * dim), make(dim)];
    b.rmsNormBackward({
      x: put(x),
      gain: put(gain),
      gainOffset,
      rstd,
      dy: put(dy),
      dx,
      dGain,
      rows,
      dim,
      accumulateX: false,
      accumulateW: false,
    });
    const forward = (xs: Float32Array, g: Float32Array) => {
      const y = make(rows * dim);
      b.rmsNorm({ x: put(xs), gain: put(g), gainOffset, y, rows, dim, eps });
      return get(y);
    };
    compare("x", x, dy, (v) => forward(v, gain), get(dx));
    compare("gain", gain, dy, (v) => forward(x, v), get(dGain));
  });

  it("embedding", () => {
    const [rows, dim, vocab] = [7, 2, 4];
    const ids = put(Int32Array.of(1, 3, 1, 0, 3, 1, 2));
    const [table, dy] = [draw(vocab * dim), draw(rows * dim)];
    const dTable = make(vocab * dim);
    b.embeddingBackward({ dTable, ids, dy: put(dy), rows, dim, vocab });
    const forward = (t: Float32Array) => {
      const y = make(rows * dim);
      b.embedding({ table: put(t), ids, y, rows, dim });
      return get(y);
    };
    compare("table", table, dy, forward, get(dTable));
  });

  it("rotary positions, turned back by sign −1", () => {
    const shape = { rows: 3, heads: 2, dim: 5, half: 2, ldx: 10, ldy: 10 };
    const [x, dy, angles] = [draw(30), draw(30), draw(6, -3, 3)];
    const [cos, sin] = [put(angles.map(Math.cos)), put(angles.map(Math.sin))];
    const turn = (v: Float32Array, sign: 1 | -1) => {
      const y = make(30);
      b.rope({ x: put(v), y, cos, sin, ...shape, sign });
      return get(y);
    };
    compare("x", x, dy, (v) => turn(v, 1), turn(dy, -1));
  });

  it.each([false, true])("softmax, log %s", (log) => {
    const [rows, cols] = [3, 5];
    const [x, dy] = [draw(15, -2, 2), draw(15)];
    const forward = (v: Float32Array) => {
      const y = make(15);
      b.softmax({ x: put(v), y, rows, cols, log });
      return get(y);
    };
    const dx = make(15);
    b.softmaxBackward({ y: put(forward(x)), dy: put(dy), dx, rows, cols, log, accumulate: false });
    compare("x", x, dy, forward, get(dx));
  });

  it("cross-entropy", () => {
    const [rows, vocab] = [3, 5];
    const targets = put(Int32Array.of(4, -1, 0));
    const logits = draw(15, -2, 2);
    const dLogits = put(logits);
    b.crossEntropy({ logits: dLogits, targets, losses: make(rows), rows, vocab, ld: vocab, gradScale: 0.5 });
    const forward = (v: Float32Array) => {
      const losses = make(rows);
      b.crossEntropy({ logits: put(v), targets, losses, rows, vocab, ld: vocab });
      return get(losses);
    };
    compare("logits", logits, new Float32Array(rows).fill(0.5), forward, get(dLogits));
  });

  it.each([0, 1.5])("attention, grouped heads, ranges of every kind, softcap %d", (softcap) => {
    const [batch, tq, tk, heads, kvHeads, dim] = [2, 3, 5, 4, 2, 3];
    const ranges = put(Int32Array.of(0, 3, 1, 4, 2, 2, 0, 5, 4, 9, 2, 3));
    const [wq, wk] = [heads * dim, kvHeads * dim];
    const shape = {
      ranges,
      batch,
      tq,
      tk,
      heads,
      kvHeads,
      dim,
      ldq: wq,
      ldk: wk,
      ldv: wk,
      ldo: wq,
      strideQ: tq * wq,
      strideK: tk * wk,
      strideV: tk * wk,
      strideO: tq * wq,
      scale: 0.8,
      softcap,
      compute: "fp32",
    } as const;
    const [q, k, v, dO] = [
      draw(batch * tq * wq),
      draw(batch * tk * wk),
      draw(batch * tk * wk),
      draw(batch * tq * wq),
    ];
    const forward = (qs: Float32Array, ks: Float32Array, vs: Float32Array, lse?: Operand) => {
      const o = make(batch * tq * wq);
      b.attention({ ...shape, q: put(qs), k: put(ks), v: put(vs), o, lse });
      return get(o);
    };
    const lse = make(batch * heads * tq);
    const o = forward(q, k, v, lse);
    const [dq, dk, dv] = [make(q.length), make(k.length), make(v.length)];
    b.attentionBackward({
      ...shape,
      q: put(q),
      k: put(k),
      v: put(v),
      o: put(o),
      lse,
      dO: put(dO),
      dq,
      dk,
      dv,
    });
    compare("q", q, dO, (x) => forward(x, k, v), get(dq));
    compare("k", k, dO, (x) => forward(q, x, v), get(dk));
    compare("v", v, dO, (x) => forward(q, k, x), get(dv));
  });
});
