import { describe, expect, test } from "vitest";
import type { WeightAdapter } from "./adapter.js";
import { createReferenceBackend } from "./backends/reference/index.js";
import { checkpoint } from "./checkpoint.js";
import { Engine } from "./engine.js";
import { adaptedCrossEntropy } from "./ops/adaptedCrossEntropy.js";
import {
  embedding,
  linear,
  linearCrossEntropy,
  plainEmbedding,
  plainLinear,
  rowsOf,
  scale,
  sum,
} from "./ops/index.js";
import { createRandom } from "./random.js";
import { backward, zeroGrad } from "./tape.js";
import type { Tensor } from "./tensor.js";

const engine = new Engine({ backend: createReferenceBackend() });
const random = createRandom(3);
const normal = (name: string, shape: readonly number[]) => {
  const p = engine.parameter(shape, name);
  return p.write(random.stream(name).fillNormal(new Float32Array(p.size)));
};
/** y = x·Wᵀ + (x·Aᵀ)·Bᵀ */
const lowRank = (a: Tensor, b: Tensor): WeightAdapter => ({
  parameters: [a, b],
  linear: (x, w, options) => plainLinear(x, w, { ...options, lowRank: [{ a, b, scale: 1 }] }),
});
const ids = (values: number[]) => engine.tensor(Int32Array.from(values));
const near = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  expect(a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)).toBeLessThan(1e-5);
};

test("linear and embedding do what adapts their weight says, and no other use of it", () => {
  const w = normal("w", [5, 3]);
  const x = normal("x", [2, 3]);
  const plain = linear(x, w).readFloats();
  w.adapter = { parameters: [], embedding: (t, i) => scale(plainEmbedding(t, i), 2) };
  expect(linear(x, w).readFloats()).toEqual(plain);
  expect(embedding(w, ids([4])).readFloats()).toEqual(
    w
      .readFloats()
      .slice(12)
      .map((v) => 2 * v),
  );
  w.adapter = { parameters: [], linear: (of, t, options) => scale(plainLinear(of, t, options), 3) };
  expect(linear(x, w).readFloats()).toEqual(plain.map((v) => Math.fround(3 * v)));
  expect(embedding(w, ids([4])).readFloats()).toEqual(w.readFloats().slice(12));
});

test("rows of an adapted weight are refused: nobody would adapt them", () => {
  const w = normal("w", [4, 3]);
  w.adapter = lowRank(normal("a", [1, 3]), normal("b", [4, 1]));
  expect(() => rowsOf(w, 0, 2)).toThrow(/w is adapted as a whole/);
});

describe("the fused loss with an adapted projection", () => {
  const [rows, dim, vocab, rank] = [10, 4, 13, 2];
  const w = normal("w", [vocab, dim]);
  const [x, a, b, bias] = [
    normal("x", [rows, dim]),
    normal("a", [rank, dim]),
    normal("b", [vocab, rank]),
    normal("bias", [vocab]),
  ];
  w.requiresGrad = false;
  const targets = Int32Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? -100 : (i * 977) % vocab));
  const run = () => {
    zeroGrad([x, a, b, bias]);
    return engine.scope(() => {
      const { loss, losses } = adaptedCrossEntropy(x, w, engine.tensor(targets), 40, { bias, softcap: 3 }, 4);
      backward(loss);
      return [loss, losses, ...[x, a, b, bias].map((p) => p.grad ?? engine.zeros(p.shape))].map((t) =>
        t.readFloats(),
      );
    });
  };

  test("is that of the same projection multiplied out, in chunks", () => {
    const merged = engine.noGrad(() => {
      const m = engine.parameter([vocab, dim]);
      engine.backend.copy(w, m, w.size);
      engine.backend.matmul({
        a: b,
        b: a,
        c: m,
        m: vocab,
        n: dim,
        k: rank,
        lda: rank,
        ldb: dim,
        ldc: dim,
        accumulate: true,
        compute: "fp32",
      });
      return m;
    });
    zeroGrad([x, bias]);
    const [loss, losses, dx, dBias, dW] = engine.scope(() => {
      const r = linearCrossEntropy(x, merged, engine.tensor(targets), 40, { bias, softcap: 3 });
      backward(r.loss);
      return [r.loss, r.losses, x.grad!, bias.grad!, merged.grad!].map((t) => t.readFloats());
    });
    w.adapter = lowRank(a, b);
    const found = run();
    near(found[0]!, loss!);
    near(found[1]!, losses!);
    near(found[2]!, dx!);
    near(found[5]!, dBias!);
    // dB = dW·Aᵀ, dA = Bᵀ·dW
    const times = (
      left: Tensor,
      right: Tensor,
      transA: boolean,
      transB: boolean,
      m: number,
      n: number,
      k: number,
    ) => {
      const c = engine.empty([m, n]);
      engine.backend.matmul({
        a: left,
        b: right,
        c,
        m,
        n,
        k,
        transA,
        transB,
        lda: left.columns,
        ldb: right.columns,
        ldc: n,
        compute: "fp32",
      });
      return c.readFloats();
    };
    const dw = engine.tensor(dW!, [vocab, dim]);
    near(found[4]!, times(dw, a, false, true, vocab, rank, dim));
    near(found[3]!, times(b, dw, true, false, rank, dim, vocab));
  });

  test("is what linearCrossEntropy gives, also without gradients, and trains the adapter where x is frozen", () => {
    w.adapter = lowRank(a, b);
    const before = run();
    const still = engine.noGrad(() =>
      linearCrossEntropy(x, w, engine.tensor(targets), 40, { bias, softcap: 3 }).loss.readFloats(),
    );
    near(still, before[0]!);
    x.requiresGrad = false;
    bias.requiresGrad = false;
    const frozen = run();
    expect(frozen[3]).toEqual(before[3]);
    expect(frozen[4]).toEqual(before[4]);
    x.requiresGrad = true;
    bias.requiresGrad = true;
  });
});

test("a layer that is computed again trains what adapts its weights, also where its input is frozen", () => {
  const w = normal("w", [3, 3]);
  w.requiresGrad = false;
  const [a, b] = [normal("a", [1, 3]), normal("b", [3, 1])];
  w.adapter = lowRank(a, b);
  const x = engine.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const run = (again: boolean) => {
    zeroGrad([a, b]);
    engine.scope(() => {
      const layer = (of: Tensor) => linear(linear(of, w, { activation: "tanh" }), w);
      backward(sum(again ? checkpoint(x, [w], layer) : layer(x)));
    });
    return [a, b].map((p) => p.grad!.readFloats());
  };
  expect(run(true)).toEqual(run(false));
});
