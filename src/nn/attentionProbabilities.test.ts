import { expect, it } from "vitest";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { attention, attentionRanges, Engine } from "../tensor/index.js";
import { createRandom } from "../tensor/random.js";
import { attentionProbabilities } from "./attentionProbabilities.js";

it("are what the fused attention weighs values with: grouped heads, window, padding, a cache's spare rows", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const random = createRandom(1);
  const [batch, tq, keys, capacity, heads, kvHeads, dim] = [2, 3, 5, 7, 4, 2, 3];
  const q = engine.tensor(random.fillNormal(new Float32Array(batch * tq * heads * dim)), [
    batch,
    tq,
    heads * dim,
  ]);
  const [k, v] = [0, 1].map(() =>
    engine.tensor(random.fillNormal(new Float32Array(batch * capacity * kvHeads * dim)), [
      batch,
      capacity,
      kvHeads * dim,
    ]),
  );
  const ranges = engine.tensor(
    attentionRanges({
      batch,
      queries: tq,
      past: keys - tq,
      causal: true,
      window: 3,
      mask: [1, 1, 1, 1, 1, 0, 0, 0, 1, 1],
    }),
    [batch, tq, 2],
  );
  const p = attentionProbabilities(q, k!, { heads, kvHeads, keys, ranges, scale: 0.4 }).readFloats();
  const o = attention(q, k!, v!, { heads, kvHeads, keys, ranges, scale: 0.4 }).readFloats();
  const values = v!.readFloats();
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tq; i++) {
        const row = p.subarray(((b * heads + h) * tq + i) * keys).subarray(0, keys);
        const empty = b === 1 && i === 0;
        expect(row.reduce((sum, x) => sum + x, 0)).toBeCloseTo(empty ? 0 : 1, 6);
        for (let d = 0; d < dim; d++) {
          const expected = row.reduce(
            (sum, x, j) => sum + x * values[((b * capacity + j) * kvHeads + Math.floor(h / 2)) * dim + d]!,
            0,
          );
          expect(o[((b * tq + i) * heads + h) * dim + d]).toBeCloseTo(expected, 5);
        }
      }
    }
  }
});
