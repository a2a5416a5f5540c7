/** @file `npm run bench -- machine`: what this machine can do at most: multiply-adds in registers, and the bandwidths of
 *  memory and of the last cache, on one thread and two. Best of several windows. */

import type { BenchOptions, Outcome } from "./outcome.js";
import { type Limit, type Probe, startProbe } from "./probe.js";
import { shortNumber } from "./render.js";

const ROWS: readonly (readonly [Limit, string, string])[] = [
  ["fp32", "fp32 multiply-adds", "GFLOP/s"],
  ["bf16", "bf16 multiply-adds", "GFLOP/s"],
  ["read", "memory, reads", "GB/s"],
  ["write", "memory, writes", "GB/s"],
  ["copy", "memory, copy (read + written)", "GB/s"],
  ["l3", "last cache, reads", "GB/s"],
];

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  const probe = await startProbe();
  if (probe === null) return;
  try {
    for (const [what, title, unit] of ROWS)
      if (`machine/${what}`.includes(filter)) yield await row(probe, what, title, unit, quick);
  } finally {
    probe.close();
  }
}

async function row(probe: Probe, what: Limit, title: string, unit: string, quick: boolean): Promise<Outcome> {
  const arithmetic = what === "fp32" || what === "bf16";
  const milliseconds = (arithmetic ? 100 : 600) * (quick ? 0.5 : 2);
  const one = (await probe.measure(what, 1, milliseconds)) / 1e9;
  const two = (await probe.measure(what, 2, milliseconds)) / 1e9;
  const missing = what === "bf16" && probe.bf16 === null ? "no bf16 instructions here" : undefined;
  const note = missing ?? `${title}; the peer is one thread`;
  return {
    name: `machine/${what}`,
    ours: two,
    peer: one,
    ratio: two / one,
    unit,
    note,
    cells: { what: title, "1 thread": shortNumber(one), "2 threads": shortNumber(two), unit },
  };
}
