/** @file A sample of what the model writes while it learns: temperature sampling with a key-value cache, seeded, so that
 *  a sample is the same whenever it is drawn from the same weights. The full generator is in `generate`. */

import { createRandom } from "../data/index.js";
import { type CausalModel, createCache } from "../models/index.js";
import type { Tokenizer } from "../tokenizer/index.js";

export interface SampleOptions {
  readonly prompt: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** The prompt and what follows, up to the end of the text or `tokens` tokens. */
export function sampleText(model: CausalModel, tokenizer: Tokenizer, options: SampleOptions): string {
  const { engine } = model;
  const random = createRandom(options.seed);
  const start = tokenizer.eosId === undefined ? [] : [tokenizer.eosId];
  const ids = [...start, ...tokenizer.encode(options.prompt)].slice(-Math.max(1, model.contextLength - 1));
  if (ids.length === 0) ids.push(0);
  const room = Math.min(model.contextLength, ids.length + options.tokens);
  return engine.noGrad(() =>
    engine.scope(() => {
      const cache = createCache(model, 1, room);
      try {
        for (let next = ids.slice(); ids.length < room; next = ids.slice(-1)) {
          const id = pick(nextLogits(model, next, cache), options.temperature, random.uniform());
          if (model.eosTokenIds.includes(id)) break;
          ids.push(id);
        }
      } finally {
        cache.dispose();
      }
      return tokenizer.decode(ids.slice(start.length));
    }),
  );
}

function nextLogits(
  model: CausalModel,
  ids: readonly number[],
  cache: ReturnType<typeof createCache>,
): Float32Array {
  const { engine } = model;
  return engine.scope(() => {
    const hidden = model.hidden({ inputIds: Int32Array.from(ids), batch: 1, seq: ids.length, cache });
    return model.logits(hidden.alias([1, model.dim], (ids.length - 1) * model.dim)).readFloats();
  });
}

/** The token at which the running sum of probabilities passes `u`, from [0, 1). */
function pick(logits: Float32Array, temperature: number, u: number): number {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const weights = logits.map((x) => Math.exp((x - highest) / temperature));
  let rest = u * weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) {
    rest -= weights[i]!;
    if (rest < 0) return i;
  }
  return logits.indexOf(highest);
}
