/** @file `npm run bench -- step`: where the time of a training step goes. For each part its time, the time that its
 *  floating-point operations or bytes need at least at the peak and bandwidths measured in the same run, and the ratio.
 *  A call's floor is the larger of FLOPs / peak and bytes / bandwidth; its bytes move at the last cache's rate if all of
 *  them fit there, else at memory's. The figures are those of the fastest of a few steps. */

import { createModel } from "../src/models/index.js";
import { Engine } from "../src/tensor/engine.js";
import { createEngine, type Operand, type Tensor } from "../src/tensor/index.js";
import type { BenchOptions, Outcome } from "./outcome.js";
import { lastCacheBytes, type Probe, startProbe } from "./probe.js";
import { fixed, percent, shortNumber } from "./render.js";
import { timedBackend } from "./stepTimer.js";
import { PARTS, type Work } from "./stepWork.js";
import { gpt2Config, SHAPES, type TrainShape } from "./trainShapes.js";
import { createStepper } from "./trainStep.js";

/** A second's operations and bytes. */
interface Limits {
  readonly fp32: number;
  readonly bf16: number;
  readonly read: number;
  readonly write: number;
  readonly cache: number;
  readonly cacheBytes: number;
}

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  const probe = await startProbe();
  try {
    for (const shape of quick && filter === "" ? SHAPES.slice(0, 1) : SHAPES)
      for (const compute of ["fp32", "bf16"] as const)
        for (const threads of [2, 1]) {
          const name = `step/${shape.name}/${compute}/${threads}-${threads === 1 ? "thread" : "threads"}`;
          if (name.includes(filter)) yield* measure(name, shape, compute, threads, probe, quick);
        }
  } finally {
    probe?.close();
  }
}

async function* measure(
  name: string,
  shape: TrainShape,
  compute: "fp32" | "bf16",
  threads: number,
  probe: Probe | null,
  quick: boolean,
): AsyncGenerator<Outcome> {
  const plain = createEngine({ device: "native", compute, threads });
  let head: Tensor | undefined;
  const isHead = ({ storage }: Operand) => storage === head?.storage || storage === head?.grad?.storage;
  const timed = timedBackend(plain.backend, isHead);
  const engine = new Engine({ backend: timed.backend, compute });
  const model = createModel({ config: gpt2Config(shape), engine, seed: 1 });
  head = model.parameters.get("transformer.wte.weight");
  const step = createStepper(model, shape, { clip: true });
  step();
  const work = timed.count(() => void step());
  const limits = await measureLimits(probe, threads, quick);
  let best = { wall: Number.POSITIVE_INFINITY, times: new Map(timed.times), calls: 0 };
  for (let i = 0; i < (quick ? 2 : 5); i++) {
    timed.reset();
    const started = performance.now();
    step();
    const wall = performance.now() - started;
    if (wall < best.wall) best = { wall, times: new Map(timed.times), calls: timed.calls };
  }
  model.dispose();
  engine.dispose();
  yield* rows(name, best, work, limits);
}

async function measureLimits(probe: Probe | null, threads: number, quick: boolean): Promise<Limits> {
  const rate = async (what: Parameters<Probe["measure"]>[0], milliseconds: number) =>
    (await probe?.measure(what, threads, quick ? milliseconds / 2 : milliseconds)) ?? Number.NaN;
  const fp32 = await rate("fp32", 100);
  const bf16 = probe?.bf16 ? await rate("bf16", 100) : fp32;
  const [read, write, cache] = [await rate("read", 800), await rate("write", 800), await rate("l3", 100)];
  return { fp32, bf16, read, write, cache, cacheBytes: lastCacheBytes() };
}

/** Milliseconds. */
export function floorOf(work: Work, limits: Limits): number {
  const arithmetic = work.flops / (work.bf16 ? limits.bf16 : limits.fp32);
  const all = work.read + work.written;
  const memory =
    all <= limits.cacheBytes ? all / limits.cache : work.read / limits.read + work.written / limits.write;
  return 1000 * Math.max(arithmetic, memory);
}

function* rows(
  name: string,
  best: { wall: number; times: ReadonlyMap<string, number>; calls: number },
  work: readonly Work[],
  limits: Limits,
): Generator<Outcome> {
  let [kernels, floors] = [0, 0];
  const row = (part: string, time: number, floor: number, note?: string): Outcome => ({
    name: `${name}/${part}`,
    ours: time,
    peer: floor,
    ratio: floor / time,
    unit: "ms",
    note: note ?? `${percent(time / best.wall)} of the step; the peer is the floor`,
    cells: {
      time: `${shortNumber(time)} ms`,
      "of the step": percent(time / best.wall),
      floor: Number.isNaN(floor) ? "–" : `${shortNumber(floor)} ms`,
      "time / floor": fixed(time / floor),
    },
  });
  for (const part of PARTS) {
    const time = best.times.get(part) ?? 0;
    const floor = work.filter((w) => w.part === part).reduce((sum, w) => sum + floorOf(w, limits), 0);
    kernels += time;
    floors += floor;
    if (time > 0) yield row(part, time, floor);
  }
  const about = `${best.calls} kernels; TypeScript, calls, memory`;
  yield row("the rest", best.wall - kernels, Number.NaN, about);
  const gb = (x: number) => shortNumber(x / 1e9);
  const measured = `peak ${gb(limits.fp32)} GFLOP/s; reads ${gb(limits.read)}, writes ${gb(limits.write)}, last cache ${gb(limits.cache)} GB/s`;
  yield row("whole step", best.wall, floors, measured);
}
