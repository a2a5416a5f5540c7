import { describe, expect, it } from "vitest";
import { createNativeBackend, nativeAvailable } from "./backends/native/index.js";
import { createReferenceBackend } from "./backends/reference/index.js";
import { Engine } from "./engine.js";
import * as ops from "./ops/index.js";
import { createRandom } from "./random.js";
import { backward, zeroGrad } from "./tape.js";
import type { Tensor } from "./tensor.js";

const DIM = 12;
const ROWS = 6;
const names = ["gain", "bias", "headGain", "q", "k", "v", "gate", "up", "down", "fc", "proj"] as const;
type Weights = Record<(typeof names)[number], Tensor>;

const shapeOf = (name: (typeof names)[number]): number[] => {
  if (name === "headGain") return [DIM / 2];
  if (name === "gain" || name === "bias") return [DIM];
  if (name === "gate" || name === "up" || name === "fc") return [4 * DIM, DIM];
  return name === "down" || name === "proj" ? [DIM, 4 * DIM] : [DIM, DIM];
};

function weights(engine: Engine): Weights {
  const random = createRandom(7);
  return Object.fromEntries(
    names.map((name) => {
      const shape = shapeOf(name);
      const size = shape.reduce((n, d) => n * d, 1);
      const values = random.stream(name).fillNormal(new Float32Array(size), 0, 0.3);
      return [name, engine.parameter(shape, name).write(values)];
    }),
  ) as unknown as Weights;
}

/** A layer with everything that can be made again: norms, heads' norms turned in place, a gated product, an activation. */
function layer(w: Weights, x: Tensor): Tensor {
  const { engine } = x;
  const angles = Float32Array.from({ length: ROWS * 3 }, (_, i) => 0.3 * i);
  const [cos, sin] = [Math.cos, Math.sin].map((f) => engine.tensor(angles.map(f), [ROWS, 3]));
  const ranges = engine.tensor(ops.attentionRanges({ batch: 2, queries: 3, causal: true }), [2, 3, 2]);
  const turned = (n: Tensor, weight: Tensor) =>
    ops.rope(ops.rmsNorm(ops.linear(n, weight), w.headGain, { eps: 1e-6 }), cos!, sin!, 6, { inPlace: true });
  const n = ops.layerNorm(x, w.gain, w.bias, 1e-5);
  const o = ops.attention(turned(n, w.q), turned(n, w.k), ops.linear(n, w.v), { heads: 2, ranges });
  const y = ops.add(x, o);
  const m = ops.reshape(ops.rmsNorm(y, w.gain, { eps: 1e-6 }), [ROWS, DIM]);
  const inner = ops.gated("silu", ops.linear(m, w.gate), ops.linear(m, w.up));
  const z = ops.linear(inner, w.down, { residual: ops.reshape(y, [ROWS, DIM]) });
  const fc = ops.linear(z, w.fc, { activation: "gelu_tanh" });
  return ops.reshape(ops.linear(fc, w.proj, { residual: z }), [2, 3, DIM]);
}

const LAYERS = 3;

function train(engine: Engine, wrap: (w: Weights, x: Tensor) => Tensor, rounds = 1) {
  const w = weights(engine);
  const all = Object.values(w);
  zeroGrad(all);
  let held = 0;
  const losses: number[] = [];
  for (let i = 0; i < rounds; i++)
    engine.scope(() => {
      const values = createRandom(9)
        .stream(`x${i}`)
        .fillNormal(new Float32Array(ROWS * DIM));
      let x = engine.tensor(values, [2, 3, DIM]);
      for (let l = 0; l < LAYERS; l++) x = wrap(w, x);
      held = engine.backend.memory().bytes;
      const loss = ops.sum(ops.unary("square", x));
      losses.push(loss.item());
      backward(loss);
    });
  return { losses, held, gradients: all.map((p) => p.grad!.readFloats()), w };
}

const backends = [
  { name: "reference", make: () => createReferenceBackend(), ok: true },
  { name: "native", make: () => createNativeBackend({}), ok: nativeAvailable().ok },
];

const kinds = backends.flatMap((b) => (["fp32", "bf16"] as const).map((compute) => ({ ...b, compute })));

describe.each(kinds)("memory that is filled again, $name, $compute", ({ make, ok, compute }) => {
  const engine = () => new Engine({ backend: make(), compute });
  const bytes = compute === "bf16" ? 2 : 4;
  const inLayer = (w: Weights, x: Tensor) => x.engine.layer(() => layer(w, x));

  it.skipIf(!ok)("gives the same bits as memory that is held, also where gradients add up", () => {
    const plain = train(engine(), layer, 2);
    const rebuilt = train(engine(), inLayer, 2);
    expect(rebuilt.losses).toEqual(plain.losses);
    expect(rebuilt.gradients).toEqual(plain.gradients);
  });

  it.skipIf(!ok)("is given back at the end of a layer and after its last use", () => {
    const e = engine();
    const before = e.backend.memory().bytes;
    const heldBy = (wrap: typeof layer) => {
      const { held, w } = train(e, wrap);
      for (const p of Object.values(w)) p.dispose();
      expect(e.backend.memory().bytes).toBe(before);
      return held;
    };
    // Numbers a row and layer: 4·DIM of the gated product and of the activation each, DIM of the two norms, q and k each.
    expect(heldBy(layer) - heldBy(inLayer)).toBeGreaterThan(LAYERS * ROWS * 12 * DIM * bytes * 0.9);
  });

  it.skipIf(!ok)("is there for whoever asks, and stays where it was asked to be kept", () => {
    const e = engine();
    const w = weights(e);
    const expected = e.noGrad(() => ops.rmsNorm(e.full([2, DIM], 0.5), w.gain, { eps: 1e-6 }).readFloats());
    e.scope(() => {
      let seen: Tensor | undefined;
      let kept: Tensor | undefined;
      const y = e.layer(() => {
        const x = e.full([2, DIM], 0.5);
        seen = ops.rmsNorm(x, w.gain, { eps: 1e-6 });
        kept = ops.rmsNorm(x, w.gain, { eps: 1e-6 }).keep();
        return ops.linear(ops.add(seen, kept), w.q);
      });
      expect(seen!.shared.storage).toBeNull();
      expect(kept!.shared.storage).not.toBeNull();
      expect(seen!.readFloats()).toEqual(expected);
      backward(ops.sum(y));
      expect(kept!.readFloats()).toEqual(expected);
      kept!.dispose();
    });
  });

  it.skipIf(!ok)("without gradients nothing is noted, and a layer is a scope", () => {
    const e = engine();
    const w = weights(e);
    const before = e.backend.memory().bytes;
    e.noGrad(() => {
      const x = e.full([2, 3, DIM], 0.5);
      const y = e.layer(() => layer(w, x));
      expect(y.shared.rebuild).toBeUndefined();
      y.dispose();
      x.dispose();
    });
    expect(e.backend.memory().bytes).toBe(before);
  });
});
