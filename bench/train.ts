/** @file `npm run bench -- train`: a training step (forward, backward, AdamW) of a GPT here and in PyTorch, from the same
 *  weights on the same batch, in turn. Yields tokens/s of both, the ratio, and the peak memory of both processes.
 *  PyTorch runs at its best: eager and compiled, the faster counts. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createModel, saveModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/index.js";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { type LineWorker, PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";
import { gpt2Config, SHAPES, type TrainShape } from "./trainShapes.js";

const MODES = ["fp32", "bf16"] as const;

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  for (const shape of quick ? SHAPES.slice(0, 1) : SHAPES) {
    const folder = mkdtempSync(join(tmpdir(), "cygnet-bench-"));
    try {
      const engine = createEngine();
      saveModel(createModel({ config: gpt2Config(shape), engine, seed: 1 }), folder);
      for (const compute of MODES) {
        for (const threads of quick ? [2] : [2, 1])
          if (`train/${shape.name}/${compute}/${threads}-threads`.includes(filter))
            yield* compare(shape, compute, threads, folder, quick);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

async function* compare(
  shape: TrainShape,
  compute: string,
  threads: number,
  folder: string,
  quick: boolean,
): AsyncGenerator<Outcome> {
  const name = `train/${shape.name}/${compute}/${threads}-threads`;
  const env = { OMP_NUM_THREADS: String(threads), CYGNET_THREADS: String(threads) };
  const worker = fileURLToPath(new URL("./trainWorker.js", import.meta.url));
  const ours = startWorker(process.execPath, [worker, shape.name, compute, String(threads), folder], env);
  const peers = peersInstalled() ? await startPeers(shape, compute, threads, folder, env, quick) : [];
  try {
    const first = await ours.next();
    const sides: Side[] = [{ worker: ours, seconds: [], loss: Number(first.loss), bytes: 0 }, ...peers];
    const rounds = quick ? 3 : 5;
    const steps = shape.name === "gpt-12m" ? 3 : 2;
    for (let r = 0; r < rounds; r++) for (const side of sides) await measure(side, steps);
    yield* summarise(name, shape, sides, steps);
  } finally {
    ours.close();
    for (const peer of peers) peer.worker.close();
  }
}

interface Side {
  readonly worker: LineWorker;
  readonly seconds: number[];
  loss: number;
  bytes: number;
}

/** A step of PyTorch's slower than this is not worth waiting for more than once. */
const PATIENCE_SECONDS = 60;

async function startPeers(
  shape: TrainShape,
  compute: string,
  threads: number,
  folder: string,
  env: Record<string, string>,
  quick: boolean,
): Promise<Side[]> {
  const args = [
    "bench/peers/torch_gpt.py",
    "--compute",
    compute,
    "--threads",
    String(threads),
    "--weights",
    join(folder, "model.safetensors"),
    ...(["layers", "dim", "heads", "context", "vocab", "batch"] as const).flatMap((key) => [
      `--${key}`,
      String(shape[key]),
    ]),
  ];
  const sides: Side[] = [];
  for (const extra of quick ? [[]] : [[], ["--compile"]]) {
    const worker = startWorker(PEER_PYTHON, [...args, ...extra], env);
    const started = performance.now();
    try {
      sides.push({ worker, seconds: [], loss: Number((await worker.next()).loss), bytes: 0 });
    } catch (error) {
      worker.close();
      console.error(
        `bench: PyTorch ${extra.join(" ")} does not run here: ${(error as Error).message.split("\n").slice(-3).join(" ")}`,
      );
    }
    if (performance.now() - started > 2000 * PATIENCE_SECONDS) break;
  }
  return sides;
}

async function measure(side: Side, steps: number): Promise<void> {
  if (side.seconds[0]! > steps * PATIENCE_SECONDS) return;
  const answer = await side.worker.ask(String(steps));
  side.seconds.push(Number(answer.seconds));
  side.loss = Number(answer.loss);
  side.bytes = Number(answer.peak_bytes);
}

function* summarise(
  name: string,
  shape: TrainShape,
  sides: readonly Side[],
  steps: number,
): Generator<Outcome> {
  const [ours, ...peers] = sides as [Side, ...Side[]];
  const rate = (side: Side) => (shape.batch * shape.context * steps) / median(side.seconds);
  const best = peers.toSorted((a, b) => median(a.seconds) - median(b.seconds))[0];
  const peer = best ? rate(best) : Number.NaN;
  const losses = best
    ? `loss ${ours.loss.toFixed(4)} and ${best.loss.toFixed(4)}`
    : "PyTorch is not installed: npm run bench:peers";
  const which = peers.length > 1 && best === peers[1] ? ", compiled" : "";
  yield { name, ours: rate(ours), peer, ratio: rate(ours) / peer, unit: "tokens/s", note: losses + which };
  if (best)
    yield {
      name: `${name}/memory`,
      ours: ours.bytes / 1e9,
      peer: best.bytes / 1e9,
      ratio: best.bytes / ours.bytes,
      unit: "GB peak",
    };
}
