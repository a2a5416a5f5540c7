/** @file `npm run bench -- train`: a training step (forward, backward, AdamW) of a GPT here and in PyTorch, from the same
 *  weights on the same batch, in turn. Yields tokens/s of both (medians of the rounds), the peak memory of both processes,
 *  and whether the losses after 50 steps agree to two decimals. PyTorch runs at its best: eager and compiled, the faster
 *  counts. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createModel, saveModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/index.js";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";
import { type Probe, startProbe } from "./probe.js";
import { gpt2Config, SHAPES, type TrainShape } from "./trainShapes.js";
import { lossOutcome, memoryOutcome, type Run, type Side, speedOutcome } from "./trainVerdicts.js";

const LOSS_STEPS = 50;
const QUICK_LOSS_STEPS = 10;
/** Longer than this PyTorch is not waited for, so that the run ends: the losses are then compared after fewer steps. */
const LOSS_PATIENCE_SECONDS = 900;
/** A step of PyTorch's slower than this is measured once. */
const SLOW_SECONDS = 30;

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  const probe = await startProbe();
  try {
    for (const shape of quick && filter === "" ? SHAPES.slice(0, 1) : SHAPES)
      yield* trainShape(shape, probe, quick, filter);
  } finally {
    probe?.close();
  }
}

async function* trainShape(
  shape: TrainShape,
  probe: Probe | null,
  quick: boolean,
  filter: string,
): AsyncGenerator<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "cygnet-bench-"));
  try {
    const engine = createEngine();
    const model = createModel({ config: gpt2Config(shape), engine, seed: 1 });
    saveModel(model, folder);
    model.dispose();
    engine.dispose();
    for (const compute of ["fp32", "bf16"] as const)
      for (const threads of quick && filter === "" ? [2] : [2, 1]) {
        const name = `train/${shape.name}/${compute}/${threads}-${threads === 1 ? "thread" : "threads"}`;
        if (name.includes(filter)) yield* compare({ name, shape, compute, threads }, folder, probe, quick);
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Work = Pick<Run, "name" | "shape" | "compute" | "threads">;

async function* compare(
  work: Work,
  folder: string,
  probe: Probe | null,
  quick: boolean,
): AsyncGenerator<Outcome> {
  const { shape, compute, threads } = work;
  const env = { OMP_NUM_THREADS: String(threads), CYGNET_THREADS: String(threads) };
  const script = fileURLToPath(new URL("./trainWorker.js", import.meta.url));
  const args = [script, shape.name, compute, String(threads), folder];
  const sides: Side[] = [];
  try {
    const worker = startWorker(process.execPath, args, env);
    const ours: Side = { name: "ours", worker, perStep: [], losses: [], bytes: 0 };
    sides.push(ours);
    const { isa } = keep(ours, await worker.next());
    const emulated = compute === "bf16" && !probe?.bf16;
    if (peersInstalled()) await startPeers(work, folder, env, emulated || quick, sides);
    let peak = Number.NaN;
    const rounds = quick ? 3 : 5;
    for (let round = 0; round < rounds; round++) {
      if (probe !== null) {
        const rate = await probe.measure(compute === "bf16" && !emulated ? "bf16" : "fp32", threads, 100);
        peak = Number.isNaN(peak) ? rate : Math.max(peak, rate);
      }
      for (const side of sides) await measure(side, shape.name === "gpt-12m" ? 3 : 2, round);
    }
    const [, ...peers] = sides;
    const peer = peers.toSorted((a, b) => median(a.perStep) - median(b.perStep))[0];
    const result: Run = { ...work, ours, peer, isa: String(isa), emulated, peak };
    yield speedOutcome(result);
    if (peer === undefined) return;
    yield memoryOutcome(result);
    if (threads !== 2) return; // the losses are those of two threads, bit by bit here
    const asked = quick ? QUICK_LOSS_STEPS : LOSS_STEPS;
    await continueTo(asked, ours, peer);
    yield lossOutcome(result, asked);
  } finally {
    for (const { worker } of sides) worker.close();
  }
}

/** Takes down what a worker says of its steps; returns the answer. */
function keep(side: Side, answer: Record<string, unknown>): Record<string, unknown> {
  side.losses.push(...(answer.losses as number[]));
  side.bytes = Number(answer.peak_bytes);
  return answer;
}

/** PyTorch eager and, unless `eagerOnly`, compiled. */
async function startPeers(
  { shape, compute, threads }: Work,
  folder: string,
  env: Record<string, string>,
  eagerOnly: boolean,
  sides: Side[],
): Promise<void> {
  const sizes = (["layers", "dim", "heads", "context", "vocab", "batch"] as const).flatMap((key) => [
    `--${key}`,
    String(shape[key]),
  ]);
  const weights = join(folder, "model.safetensors");
  const fixed = ["--compute", compute, "--threads", String(threads), "--weights", weights, ...sizes];
  for (const name of eagerOnly ? (["eager"] as const) : (["eager", "compiled"] as const)) {
    const extra = name === "compiled" ? ["--compile"] : [];
    const worker = startWorker(PEER_PYTHON, ["bench/peers/torch_gpt.py", ...fixed, ...extra], env);
    const side: Side = { name, worker, perStep: [], losses: [], bytes: 0 };
    try {
      const { seconds } = keep(side, await worker.next());
      if (name === "eager" && side.losses.length === 1) side.perStep.push(Number(seconds)); // too slow for a second
      sides.push(side);
    } catch (error) {
      worker.close();
      const why = (error as Error).message.split("\n").slice(-3).join(" ");
      console.error(`bench: PyTorch (${name}) does not run here: ${why}`);
    }
  }
}

async function measure(side: Side, steps: number, round: number): Promise<void> {
  const slow = side.perStep[0]! > SLOW_SECONDS;
  if (slow && (side.name !== "ours" || round > 1)) return;
  const { seconds } = keep(side, await side.worker.ask(String(steps)));
  side.perStep.push(Number(seconds) / steps);
}

/** Both go on to `asked` steps, or as far as the peer gets in the time that is waited for it. */
async function continueTo(asked: number, ours: Side, peer: Side): Promise<void> {
  const affordable = Math.floor(LOSS_PATIENCE_SECONDS / median(peer.perStep));
  const goal = Math.min(asked, peer.losses.length + affordable);
  for (const side of [peer, ours]) {
    const missing = goal - side.losses.length;
    if (missing > 0) keep(side, await side.worker.ask(String(missing)));
  }
}
