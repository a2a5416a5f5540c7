/** @file `npm run bench -- wasm`: the WebAssembly backend in Node. Products in GFLOP/s, plain and relaxed kernels on one and two
 *  threads, beside the native backend in the same rounds; and a step of training of a small network, beside the two JavaScript
 *  libraries that train on WebAssembly, in turn, each checked by its loss. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { type LineWorker, startWorker } from "./peer.js";
import { fixed } from "./render.js";
import type { ProductLine, StepLine } from "./wasmWorker.js";

const SHAPES = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 384, 1536],
] as const;
/** GFLOP/s on two threads. */
const BAR = 70;
const WIDTHS = [256, 1024, 1024, 256];
const ROWS = 256;
const PEERS = ["jax-js", "tfjs"] as const;

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  for (const threads of [2, 1])
    if (`wasm/product/${threads}`.includes(filter)) yield* products(threads, quick);
  if ("wasm/step".includes(filter)) yield* steps(quick);
}

function startOurs(device: "native" | "wasm", threads: number, isa?: string): LineWorker {
  const script = fileURLToPath(new URL("./wasmWorker.js", import.meta.url));
  return startWorker(process.execPath, [script, device, String(threads)], { CYGNET_WASM_ISA: isa });
}

async function* products(threads: number, quick: boolean): AsyncGenerator<Outcome> {
  const native = startOurs("native", threads);
  const kinds = ["simd", "relaxed-simd"].map((isa) => ({ isa, worker: startOurs("wasm", threads, isa) }));
  try {
    const { isa: nativeIsa } = await native.next();
    const usable = [];
    for (const kind of kinds) {
      try {
        await kind.worker.next();
        usable.push(kind);
      } catch (error) {
        console.error(`bench: ${kind.isa} does not run here: ${lastLine(error)}`);
      }
    }
    for (const [m, k, n] of SHAPES) {
      const line = JSON.stringify({ m, k, n, milliseconds: quick ? 100 : 300 } satisfies ProductLine);
      const everybody = [native, ...usable.map((kind) => kind.worker)];
      const best = everybody.map(() => 0);
      for (let round = 0; round < (quick ? 3 : 7); round++)
        for (const [i, worker] of everybody.entries())
          best[i] = Math.max(best[i]!, (2e-9 * m * k * n) / Number((await worker.ask(line)).seconds));
      for (const [i, { isa }] of usable.entries())
        yield outcome(
          `wasm/product/${m}x${k}x${n}/${isa}`,
          threads,
          best[i + 1]!,
          best[0]!,
          String(nativeIsa),
        );
    }
  } finally {
    for (const worker of [native, ...kinds.map((kind) => kind.worker)]) worker.close();
  }
}

function outcome(name: string, threads: number, ours: number, native: number, nativeIsa: string): Outcome {
  const bar = `${fixed(ours, 1)}, asked: ≥ ${BAR} GFLOP/s on two threads`;
  const judged = threads === 2 && name.endsWith("relaxed-simd");
  return {
    name: `${name}/${threads}-${threads === 1 ? "thread" : "threads"}`,
    ours,
    peer: native,
    ratio: ours / native,
    unit: "GFLOP/s",
    note: `peer: our native ${nativeIsa}`,
    ...(judged ? { verdicts: [{ bar, met: ours >= BAR }] } : {}),
  };
}

interface Side {
  readonly name: string;
  readonly about: string;
  readonly worker: LineWorker;
  readonly line: string;
  readonly seconds: number[];
  loss: number;
}

async function* steps(quick: boolean): AsyncGenerator<Outcome> {
  const count = quick ? 1 : 2;
  const line = JSON.stringify({ rows: ROWS, widths: WIDTHS, steps: count } satisfies StepLine);
  const ours: Side[] = [];
  const peers: Side[] = [];
  try {
    for (const threads of [2, 1]) {
      const worker = startOurs("wasm", threads);
      ours.push({
        name: `${threads}-${threads === 1 ? "thread" : "threads"}`,
        about: "",
        worker,
        line,
        seconds: [],
        loss: 0,
      });
      await worker.next();
      await worker.ask(JSON.stringify({ rows: ROWS, widths: WIDTHS, steps: 1 } satisfies StepLine)); // as the peers did
    }
    for (const name of PEERS) {
      const worker = startWorker(process.execPath, [
        "bench/peers/mlp.mjs",
        name,
        ...[ROWS, ...WIDTHS].map(String),
      ]);
      try {
        if (!existsSync("bench/peers/node_modules"))
          throw new Error("it is not installed: npm run bench:peers");
        const { about } = await worker.next();
        peers.push({ name, about: String(about), worker, line: String(count), seconds: [], loss: 0 });
      } catch (error) {
        worker.close();
        console.error(`bench: ${name} does not run here: ${lastLine(error)}`);
      }
    }
    for (let round = 0; round < (quick ? 3 : 5); round++)
      for (const side of [...ours, ...peers]) await measure(side);
    for (const mine of ours) yield* against(mine, peers, count);
  } finally {
    for (const { worker } of [...ours, ...peers]) worker.close();
  }
}

async function measure(side: Side): Promise<void> {
  const { seconds, loss } = await side.worker.ask(side.line);
  side.seconds.push(Number(seconds));
  side.loss = Number(loss);
}

function* against(mine: Side, peers: readonly Side[], count: number): Generator<Outcome> {
  const rate = (side: Side) => count / median(side.seconds);
  const name = `wasm/step/${[ROWS, ...WIDTHS].join("-")}/${mine.name}`;
  if (peers.length === 0)
    yield {
      name,
      ours: rate(mine),
      peer: Number.NaN,
      ratio: Number.NaN,
      unit: "steps/s",
      note: "no peer runs",
    };
  for (const peer of peers) {
    // The same steps were taken: another loss would be other work.
    if (!(Math.abs(peer.loss - mine.loss) < 1e-3 * Math.abs(mine.loss)))
      throw new Error(`${peer.name}'s loss is ${peer.loss}, ours ${mine.loss}`);
    const note = `${peer.name}: ${peer.about}; loss ${mine.loss.toFixed(5)} and ${peer.loss.toFixed(5)}`;
    const ours = rate(mine);
    yield {
      name: `${name}/${peer.name}`,
      ours,
      peer: rate(peer),
      ratio: ours / rate(peer),
      unit: "steps/s",
      note,
    };
  }
}

const lastLine = (error: unknown): string => {
  const { message } = error as Error;
  return /Error: (.*)/.exec(message)?.[1] ?? message.trim().split("\n").at(-1)!;
};
