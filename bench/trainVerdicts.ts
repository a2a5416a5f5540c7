/** @file What `bench -- train` says of a run: speed, memory and losses beside PyTorch's, each with its bar. */

import { median, type Outcome, type Verdict } from "./outcome.js";
import type { LineWorker } from "./peer.js";
import { fixed, percent, shortNumber, verdictWord } from "./render.js";
import { neededFlops, type TrainShape } from "./trainShapes.js";

export interface Side {
  readonly name: "ours" | "eager" | "compiled";
  readonly worker: LineWorker;
  /** Seconds of a step, one figure a round. */
  readonly perStep: number[];
  /** Of every step from the first weights on. */
  readonly losses: number[];
  bytes: number;
}

export interface Run {
  readonly name: string;
  readonly shape: TrainShape;
  readonly compute: "fp32" | "bf16";
  readonly threads: number;
  readonly ours: Pick<Side, "perStep" | "losses" | "bytes">;
  /** The faster of PyTorch's ways; undefined: it is not installed. */
  readonly peer: Pick<Side, "name" | "perStep" | "losses" | "bytes"> | undefined;
  readonly isa: string;
  /** bf16 without instructions for it. */
  readonly emulated: boolean;
  /** FLOP/s measured in the same run. */
  readonly peak: number;
}

const MEMORY_BARS: Readonly<Record<string, number>> = { "gpt-12m": 0.5, "gpt2-124m": 0.8 };
/** Losses that agree to two decimals. */
const LOSS_TOLERANCE = 0.005;

export function speedOutcome(run: Run): Outcome {
  const tokens = run.shape.batch * run.shape.context;
  const ours = tokens / median(run.ours.perStep);
  const peer = run.peer === undefined ? Number.NaN : tokens / median(run.peer.perStep);
  const limit = run.peak / neededFlops(run.shape);
  const verdicts = run.peer === undefined ? [] : [speedVerdict(run, ours, peer, limit)];
  const which = run.peer === undefined ? "PyTorch is not installed: npm run bench:peers" : run.peer.name;
  const kind = run.compute === "bf16" && !run.emulated ? "bf16" : "fp32";
  return {
    name: run.name,
    ours,
    peer,
    ratio: ours / peer,
    unit: "tokens/s",
    note: `PyTorch: ${which}; ${percent(ours / limit)} and ${percent(peer / limit)} of the ${kind} peak, ${shortNumber(run.peak / 1e9)} GFLOP/s or ${shortNumber(limit)} tokens/s`,
    verdicts,
    cells: {
      ours: `${shortNumber(ours)} tokens/s`,
      PyTorch: `${shortNumber(peer)} (${which})`,
      ratio: fixed(ours / peer),
      "ours, of the peak": percent(ours / limit),
      "PyTorch, of the peak": percent(peer / limit),
      bar: verdicts.map((v) => `${v.bar}: ${verdictWord(v)}`).join(""),
    },
  };
}

function speedVerdict({ compute, emulated, isa }: Run, ours: number, peer: number, limit: number): Verdict {
  if (emulated) return { bar: "bf16: no instructions for it here", met: null };
  const factor = compute === "fp32" ? 2.2 : isa.includes("amx") ? 2.5 : 1.5;
  const beyond = factor * peer > limit ? ", beyond this machine's peak" : "";
  return { bar: `asked: ≥ ${fixed(factor, 1)} × PyTorch${beyond}`, met: ours >= factor * peer };
}

export function memoryOutcome(run: Run): Outcome {
  const [ours, peer] = [run.ours.bytes / 1e9, run.peer!.bytes / 1e9];
  const bar = MEMORY_BARS[run.shape.name]!;
  const verdict: Verdict = {
    bar: `${fixed(ours / peer)}, asked: ≤ ${bar} of PyTorch's`,
    met: ours <= bar * peer,
  };
  return {
    name: `${run.name}/memory`,
    ours,
    peer,
    ratio: peer / ours,
    unit: "GB peak",
    note: `${fixed(ours / peer)} of PyTorch's`,
    verdicts: [verdict],
    cells: {
      ours: `${fixed(ours)} GB`,
      PyTorch: `${fixed(peer)} GB`,
      "ours / PyTorch's": fixed(ours / peer),
      bar: `asked: ≤ ${bar}: ${verdictWord(verdict)}`,
    },
  };
}

/** At the last step that both have done. */
export function lossOutcome(run: Run, asked: number): Outcome {
  const steps = Math.min(run.ours.losses.length, run.peer!.losses.length, asked);
  const [ours, peer] = [run.ours.losses[steps - 1]!, run.peer!.losses[steps - 1]!];
  const fewer = steps < 50 ? ` (not 50${steps < asked ? ": PyTorch is too slow here" : ""})` : "";
  const verdict: Verdict = {
    bar: `losses after ${steps} steps${fewer} agree to two decimals`,
    met: Math.abs(ours - peer) < LOSS_TOLERANCE,
  };
  return {
    name: `${run.name}/loss`,
    ours,
    peer,
    ratio: Number.NaN,
    unit: "nats",
    note: `after ${steps} steps${fewer}`,
    verdicts: [verdict],
    cells: {
      steps: `${steps}${fewer}`,
      ours: ours.toFixed(4),
      PyTorch: peer.toFixed(4),
      "to two decimals": verdictWord(verdict),
    },
  };
}
