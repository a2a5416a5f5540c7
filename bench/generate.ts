/** @file `npm run bench -- generate`: decoding one token at a time at batch 1, tokens/s, against the limit that the memory
 *  sets: every weight is read once a token. The limit is measured in the same run, in turn, as the rate at which the
 *  backend sums 256 MB. */

import { createCache, createModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/index.js";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { gpt2Config, SHAPES } from "./trainShapes.js";

const SUM_ELEMENTS = 1 << 26;

export async function* run({ quick }: BenchOptions): AsyncGenerator<Outcome> {
  for (const shape of quick ? SHAPES.slice(0, 1) : SHAPES) {
    for (const compute of ["fp32", "bf16"] as const) {
      const engine = createEngine({ compute });
      const model = createModel({ config: gpt2Config(shape), engine, seed: 1 });
      const weights =
        [...model.parameters.values()].reduce((n, p) => n + p.size, 0) * (compute === "bf16" ? 2 : 4);
      const buffer = engine.full([SUM_ELEMENTS], 1).keep();
      const tokenTimes: number[] = [];
      const rates: number[] = [];
      engine.keepPacked();
      for (let round = 0; round < (quick ? 3 : 8); round++) {
        tokenTimes.push(...decode(model, quick ? 20 : 60));
        const started = performance.now();
        engine.backend.sum(buffer, SUM_ELEMENTS);
        rates.push((SUM_ELEMENTS * 4) / (performance.now() - started));
      }
      const ours = 1000 / median(tokenTimes);
      const limit = (1000 * median(rates)) / weights;
      yield {
        name: `generate/${shape.name}/${compute}`,
        ours,
        peer: limit,
        ratio: ours / limit,
        unit: "tokens/s",
        note: "the peer is the memory's limit",
      };
      buffer.dispose();
      model.dispose();
      engine.dispose();
    }
  }
}

/** Milliseconds of each of `count` tokens after a prompt of 16. */
function decode(model: ReturnType<typeof createModel>, count: number): number[] {
  const { engine } = model;
  const cache = createCache(model, 1, 16 + count);
  const forward = (ids: Int32Array) =>
    engine.noGrad(() =>
      engine.scope(() => {
        const hidden = model.hidden({ inputIds: ids, batch: 1, seq: ids.length, cache });
        model.logits(hidden.alias([1, model.dim], (ids.length - 1) * model.dim)).read();
      }),
    );
  forward(Int32Array.from({ length: 16 }, (_, i) => i));
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    forward(Int32Array.of(i));
    times.push(performance.now() - started);
  }
  cache.dispose();
  return times;
}
