/** @file `npm run bench -- generate`: decoding one token at a time, tokens/s, against the limit that memory sets: every weight
 *  is read once a token. The limit is measured in the same run, in turn, by the probe's passes over memory on as many
 *  threads. Beside it: the time a token takes outside of the kernels (a model so small that they take none), a batch
 *  of eight, and a prompt of 512. */

import { type CausalModel, createCache, createModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/index.js";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { type Probe, startProbe } from "./probe.js";
import { gpt2Config, SHAPES, type TrainShape } from "./trainShapes.js";

const PROMPT = 512;
/** Milliseconds: less than a pass over the probe's buffer takes, so that each round measures one. */
const ONE_PASS = 1;

export async function* run({ quick, filter }: BenchOptions): AsyncGenerator<Outcome> {
  const probe = await startProbe();
  try {
    for (const shape of quick ? SHAPES.slice(0, 1) : SHAPES) {
      for (const compute of ["fp32", "bf16"] as const) {
        for (const threads of quick ? [2] : [1, 2]) {
          const name = `generate/${shape.name}/${compute}/${threads}-threads`;
          if (filter !== undefined && !name.includes(filter)) continue;
          yield* measure({ shape, compute, threads, name, probe, rounds: quick ? 3 : 6 });
        }
      }
    }
    if (filter === undefined || "generate/overhead".includes(filter)) yield overhead();
  } finally {
    probe?.close();
  }
}

interface Work {
  readonly shape: TrainShape;
  readonly compute: "fp32" | "bf16";
  readonly threads: number;
  readonly name: string;
  /** null: no compiler, so the limit is unknown. */
  readonly probe: Probe | null;
  readonly rounds: number;
}

async function* measure(work: Work): AsyncGenerator<Outcome> {
  const { shape, compute, threads, name, probe, rounds } = work;
  const engine = createEngine({ compute, threads });
  const config = { ...gpt2Config(shape), n_positions: PROMPT + 64 };
  const model = createModel({ config, engine, seed: 1 });
  const weights = readPerToken(model, compute);
  const [one, eight, rates, prompts]: number[][] = [[], [], [], []];
  engine.keepPacked();
  try {
    decode(model, 1, 16, 2);
    for (let round = 0; round < rounds; round++) {
      one!.push(...decode(model, 1, 16, 12).times);
      rates!.push((await probe?.measure("read", threads, ONE_PASS)) ?? Number.NaN);
      eight!.push(...decode(model, 8, 16, 6).times);
    }
    prompts!.push(...[1, 2, 3].map(() => decode(model, 1, PROMPT, 0).prompt));
  } finally {
    model.dispose();
    engine.dispose();
  }
  const ours = 1000 / median(one!);
  const limit = median(rates!) / weights;
  const gb = (median(rates!) / 1e9).toFixed(1);
  const note = `peer: ${gb} GB/s over ${(weights / 1e6).toFixed(0)} MB a token`;
  yield { name, ours, peer: limit, ratio: ours / limit, unit: "tokens/s", note };
  const batch = 8000 / median(eight!);
  const rows = { unit: "tokens/s", note: "peer: batch 1, same run" };
  yield { name: `${name}/batch-8`, ours: batch, peer: ours, ratio: batch / ours, ...rows };
  const rate = (1000 * PROMPT) / median(prompts!);
  const none = { peer: Number.NaN, ratio: Number.NaN, note: "no peer" };
  yield { name: `${name}/prompt-${PROMPT}`, ours: rate, unit: "tokens/s", ...none };
}

/** Bytes of the weights that one token reads: all but the table of positions (the embedding is the head's weight too). */
function readPerToken(model: CausalModel, compute: "fp32" | "bf16"): number {
  let elements = 0;
  for (const [name, p] of model.parameters) if (!name.includes("wpe")) elements += p.size;
  return elements * (compute === "bf16" ? 2 : 4);
}

/** Milliseconds of each of `count` steps after a prompt, and of the prompt. */
function decode(
  model: CausalModel,
  batch: number,
  length: number,
  count: number,
): { prompt: number; times: number[] } {
  const { engine } = model;
  const cache = createCache(model, batch, length + count);
  const forward = (seq: number, id: number) => {
    const started = performance.now();
    engine.noGrad(() =>
      engine.scope(() => {
        const inputIds = new Int32Array(batch * seq).fill(id);
        const hidden = model.hidden({ inputIds, batch, seq, cache });
        model.logits(seq === 1 ? hidden : hidden.alias([1, model.dim], (seq - 1) * model.dim)).read();
      }),
    );
    return performance.now() - started;
  };
  const prompt = forward(length, 3);
  const times = Array.from({ length: count }, (_, i) => forward(1, i));
  cache.dispose();
  return { prompt, times };
}

/** Twelve layers of almost nothing. */
function overhead(): Outcome {
  const engine = createEngine({ threads: 1 });
  const shape = { name: "", layers: 12, dim: 16, heads: 2, context: 512, vocab: 64, batch: 1 };
  const model = createModel({ config: gpt2Config(shape), engine, seed: 1 });
  engine.keepPacked();
  decode(model, 1, 16, 40);
  const times = Array.from({ length: 30 }, () => decode(model, 1, 16, 40).times).flat();
  model.dispose();
  engine.dispose();
  const ours = median(times);
  const note = "peer: the bar, 0.3 ms; 12 layers of 16, calls included";
  return { name: "generate/overhead", ours, peer: 0.3, ratio: 0.3 / ours, unit: "ms/token", note };
}
