import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../tensor/backends/reference/index.js";
import { backward, Engine, mul, scale, sum } from "../../tensor/index.js";
import { createRandom } from "../../tensor/random.js";
import { balanceLoss } from "./balance.js";
import { mixExperts } from "./mix.js";
import { chooseExperts, route } from "./route.js";

const engine = new Engine({ backend: createReferenceBackend() });
const [rows, experts, dim, chosen] = [7, 5, 3, 2];
const normal = (name: string, n: number) => createRandom(1).stream(name).fillNormal(new Float32Array(n));
const logits = normal("logits", rows * experts);
const x = normal("x", rows * dim);

/** Weights [row][expert], 0 where not chosen, by the definition. */
function weightsOf(normalise: boolean): number[][] {
  return Array.from({ length: rows }, (_, r) => {
    const row = [...logits.slice(r * experts, (r + 1) * experts)];
    const total = row.reduce((s, v) => s + Math.exp(v), 0);
    const probabilities = row.map((v) => Math.exp(v) / total);
    const limit = [...row].sort((a, b) => b - a)[chosen - 1]!;
    const kept = probabilities.map((p, e) => (row[e]! >= limit ? p : 0));
    const share = normalise ? kept.reduce((s, p) => s + p, 0) : 1;
    return kept.map((p) => p / share);
  });
}

describe("a mixture of experts", () => {
  it("chooses the largest, largest first, of equals the first", () => {
    const row = engine.tensor([1, 3, 3, 0, 3, 2, 9], [1, 7]);
    expect([...chooseExperts(row, 4)]).toEqual([6, 1, 2, 4]);
    expect([...chooseExperts(row, 7)]).toEqual([6, 1, 2, 4, 5, 0, 3]);
    expect([...chooseExperts(row, 1)]).toEqual([6]);
  });

  it.each([true, false])("is Σ w·expert(x), weights normalised: %s", (normalise) => {
    const weights = weightsOf(normalise);
    const y = engine.noGrad(() => {
      const routing = route(engine.tensor(logits, [rows, experts]), { chosen, normalise });
      return mixExperts(engine.tensor(x, [1, rows, dim]), routing, (e, of) =>
        scale(of, e + 1, e),
      ).readFloats();
    });
    for (let r = 0; r < rows; r++)
      for (let d = 0; d < dim; d++) {
        const expected = weights[r]!.reduce((s, w, e) => s + w * ((e + 1) * x[r * dim + d]! + e), 0);
        expect(y[r * dim + d]).toBeCloseTo(expected, 5);
      }
  });

  it.each([true, false])(
    "has the gradient of central differences at the router, normalised: %s",
    (normalise) => {
      const run = (values: Float32Array) => {
        const l = engine.parameter([rows, experts]).write(values);
        const routing = route(l, { chosen, normalise });
        const mixed = mixExperts(engine.tensor(x, [rows, dim]), routing, (e, of) => scale(of, e + 1, e));
        return { l, loss: sum(mul(mixed, engine.tensor(normal("dy", rows * dim), [rows, dim]))) };
      };
      const { l, loss } = run(logits);
      backward(loss);
      const gradient = l.grad!.readFloats();
      for (let i = 0; i < logits.length; i++) {
        const at = (h: number) => {
          const moved = logits.slice();
          moved[i]! += h;
          return engine.noGrad(() => run(moved).loss.item());
        };
        expect(gradient[i]).toBeCloseTo((at(2e-3) - at(-2e-3)) / 4e-3, 2);
      }
    },
  );

  it("gives an expert that nobody chose a gradient of zero", () => {
    const one = engine.tensor([0, 1, 0, 1], [2, 2]);
    const gains = [0, 1].map(() => engine.parameter([dim]).write(Float32Array.of(1, 2, 3)));
    const routing = route(one, { chosen: 1, normalise: true });
    const rowsIn = engine.tensor(x.slice(0, 2 * dim), [2, dim]);
    backward(sum(mixExperts(rowsIn, routing, (e, of) => mul(of, gains[e]!))));
    expect([...gains[0]!.grad!.readFloats()]).toEqual([0, 0, 0]);
    expect(Math.abs(gains[1]!.grad!.readFloats()[0]!)).toBeGreaterThan(0);
  });

  it("is balanced best when all are chosen alike: aux = chosen", () => {
    const even = engine.tensor([2, 0, 0, 2], [2, 2]);
    expect(balanceLoss([even], 1).item()).toBeCloseTo(1, 6);
    const uneven = engine.tensor([2, 0, 2, 0], [2, 2]);
    expect(balanceLoss([uneven], 1).item()).toBeCloseTo(2 / (1 + Math.exp(-2)), 5);
    // Padding does not count.
    expect(balanceLoss([uneven, even], 1, [1, 0]).item()).toBeCloseTo(2 / (1 + Math.exp(-2)), 5);
    expect(balanceLoss([uneven], 1, [0, 0]).item()).toBe(0);
  });
});
