/** @file `npm run bench -- matmul`: matrix products here, in OpenBLAS and in PyTorch, in turn, beside the peak of a loop of
 *  multiply-adds in registers measured in the same rounds. Everybody's figure is the best of all rounds, each round of the
 *  same length: on a machine that others disturb, what is best is what the code can do. */

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isTraining, type ProductShape, productShapes } from "./matmulShapes.js";
import type { BenchOptions, Outcome, Verdict } from "./outcome.js";
import { type LineWorker, PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";
import { type Probe, startProbe } from "./probe.js";
import { fixed, percent, shortNumber, verdictWord } from "./render.js";

interface Contender {
  readonly name: "ours" | "OpenBLAS" | "PyTorch";
  readonly about: Record<string, unknown>;
  readonly worker: LineWorker;
}

/** Threads that wait for work spin for a while; nobody is measured meanwhile. */
const SETTLE_MS = 40;
/** A product slower than this is measured once. */
const SLOW_SECONDS = 0.5;

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  const probe = await startProbe();
  try {
    for (const threads of [2, 1]) {
      const wanted = (["fp32", "bf16"] as const)
        .flatMap(productShapes)
        .filter((shape) => nameOf(shape, threads).includes(filter))
        .filter((shape) => !quick || filter !== "" || [512, 2048].includes(shape.m));
      if (wanted.length === 0) continue;
      const contenders = await startContenders(threads);
      try {
        for (const shape of wanted) yield await compare(shape, threads, contenders, probe, quick);
      } finally {
        for (const { worker } of contenders) worker.close();
      }
    }
  } finally {
    probe?.close();
  }
}

const nameOf = ({ m, k, n, kind, compute }: ProductShape, threads: number) =>
  `matmul/${compute}/${m}x${k}x${n}/${kind}/${threads}-${threads === 1 ? "thread" : "threads"}`;

async function startContenders(threads: number): Promise<Contender[]> {
  const count = String(threads);
  const env = {
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    CYGNET_THREADS: count,
    OPENBLAS_CORETYPE: undefined, // it would force a kernel of another machine on OpenBLAS
    THP_MEM_ALLOC_ENABLE: "1", // PyTorch's tensors in huge pages, as ours are
  };
  const script = fileURLToPath(new URL("./matmulWorker.js", import.meta.url));
  const commands: [Contender["name"], string, string[]][] = [
    ["ours", process.execPath, [script, "ours", count]],
    ["OpenBLAS", process.execPath, [script, "openblas", count]],
  ];
  if (peersInstalled()) commands.push(["PyTorch", PEER_PYTHON, ["bench/peers/torch_matmul.py", count]]);
  else console.error("bench: PyTorch is not installed: npm run bench:peers");
  const contenders: Contender[] = [];
  for (const [name, command, args] of commands) {
    const worker = startWorker(command, args, env);
    try {
      const about = await worker.next();
      contenders.push({ name, worker, about });
      console.error(`bench: ${name}, ${threads} threads: ${Object.values(about).slice(1).join(", ")}`);
    } catch (error) {
      worker.close();
      if (name === "ours") throw error;
      const why = /Error: (.*)/.exec((error as Error).message)?.[1] ?? (error as Error).message;
      console.error(`bench: ${name} is left out: ${why}`);
    }
  }
  return contenders;
}

async function compare(
  shape: ProductShape,
  threads: number,
  contenders: readonly Contender[],
  probe: Probe | null,
  quick: boolean,
): Promise<Outcome> {
  const flops = 2 * shape.m * shape.n * shape.k;
  const rates = new Map<string, number>(); // FLOP/s, the best so far
  const take = (name: string, rate: number) => rates.set(name, Math.max(rates.get(name) ?? 0, rate));
  const slow = new Set<string>();
  const able = contenders.filter((c) => shape.compute === "fp32" || c.name !== "OpenBLAS");
  const question = JSON.stringify({ ...shape, milliseconds: quick ? 60 : 120 });
  const limit = shape.compute === "bf16" && probe?.bf16 ? "bf16" : "fp32";
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    if (probe !== null) take("peak", await probe.measure(limit, threads, 30));
    for (const { name, worker } of able) {
      if (slow.has(name)) continue;
      await sleep(SETTLE_MS);
      const seconds = Number((await worker.ask(question)).seconds);
      if (seconds > SLOW_SECONDS) slow.add(name);
      take(name, flops / seconds);
    }
    await sleep(SETTLE_MS);
  }
  return outcomeOf(shape, threads, rates, probe, contenders);
}

function outcomeOf(
  shape: ProductShape,
  threads: number,
  rates: ReadonlyMap<string, number>,
  probe: Probe | null,
  contenders: readonly Contender[],
): Outcome {
  const rate = (name: string) => (rates.get(name) ?? Number.NaN) / 1e9;
  const [ours, peak] = [rate("ours"), rate("peak")];
  const peers = ["OpenBLAS", "PyTorch"].map(rate).filter((x) => !Number.isNaN(x));
  const peer = peers.length > 0 ? Math.max(...peers) : Number.NaN;
  const emulated = shape.compute === "bf16" && !probe?.bf16;
  const isa = String(contenders[0]?.about.isa);
  const verdicts = verdictsOf({ shape, threads, ours, peer, peak, emulated, isa });
  const each = ["OpenBLAS", "PyTorch"].map((name) => `${name} ${shortNumber(rate(name))}`).join(", ");
  const missing = emulated ? "; no bf16 instructions here, the share is of the fp32 peak" : "";
  return {
    name: nameOf(shape, threads),
    ours,
    peer,
    ratio: ours / peer,
    unit: "GFLOP/s",
    note: `${each}, peak ${shortNumber(peak)}: ${percent(ours / peak)}${missing}`,
    verdicts,
    cells: {
      ours: shortNumber(ours),
      OpenBLAS: shortNumber(rate("OpenBLAS")),
      PyTorch: shortNumber(rate("PyTorch")),
      peak: shortNumber(peak),
      "of the peak": percent(ours / peak),
      "of the faster peer": fixed(ours / peer),
      bars: verdicts.map(verdictWord).join(", "),
    },
  };
}

interface Figures {
  readonly shape: ProductShape;
  readonly threads: number;
  readonly ours: number;
  readonly peer: number;
  readonly peak: number;
  /** bf16 without instructions for it. */
  readonly emulated: boolean;
  readonly isa: string;
}

/** The bars of matrix products: fp32 by peer and peak, AVX-512 BF16 by peak, AMX by a rate on the training shapes. */
export function verdictsOf({ shape, threads, ours, peer, peak, emulated, isa }: Figures): Verdict[] {
  const atLeast = (value: number, bar: number, of: string): Verdict => ({
    bar: `${fixed(value, 3)}, asked: ≥ ${fixed(bar)} of ${of}`,
    met: Number.isNaN(value) ? null : value >= bar,
  });
  if (emulated) return [{ bar: "bf16: no instructions for it here", met: null }];
  if (shape.compute === "fp32")
    return [atLeast(ours / peer, 1, "the faster peer"), atLeast(ours / peak, 0.75, "the peak")];
  if (!isa.includes("amx")) return [atLeast(ours / peak, 0.7, "the bf16 peak")];
  if (threads !== 2 || !isTraining(shape)) return [];
  return [{ bar: `${shortNumber(ours)} GFLOP/s, asked: ≥ 1500 through AMX`, met: ours >= 1500 }];
}
