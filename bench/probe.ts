/** @file The machine's limits, measured in the same run as what is judged by them: compiles bench/probe.cpp for this machine
 *  and asks it. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { compilerAdvice, findCompiler } from "../src/tensor/backends/native/toolchain.js";
import { startWorker } from "./peer.js";

export type Limit = "fp32" | "bf16" | "read" | "write" | "copy" | "l3";

export interface Probe {
  /** The instructions that multiply bf16, or null: there are none here. */
  readonly bf16: string | null;
  /** Bits of a vector. */
  readonly bits: number;
  /** Operations or bytes a second, the best window of `milliseconds`; NaN where there is nothing to measure. */
  measure(what: Limit, threads: number, milliseconds: number): Promise<number>;
  close(): void;
}

const PROGRAM = "dist-bench/probe";

/** null (with a line on the console) where there is no compiler: shares of a peak are then unknown. */
export async function startProbe(): Promise<Probe | null> {
  const compiler = findCompiler()?.program;
  if (compiler === undefined) {
    console.error(`bench: no compiler, so the machine's peak is not measured (${compilerAdvice()})`);
    return null;
  }
  mkdirSync("dist-bench", { recursive: true });
  const fresh = `${PROGRAM}-${process.pid}`; // two runs at once must not write one file
  const flags = ["-std=c++17", "-O3", "-march=native", "-pthread", "bench/probe.cpp", "-o", fresh];
  const built = spawnSync(compiler, flags, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`${compiler} ${flags.join(" ")} failed:\n${built.stderr}`);
  renameSync(fresh, PROGRAM);
  const worker = startWorker(PROGRAM, [String(cachedBytes())]);
  const { bf16, bits } = await worker.next();
  return {
    bf16: bf16 as string | null,
    bits: Number(bits),
    async measure(what, threads, milliseconds) {
      const { rate } = await worker.ask(`${what} ${threads} ${milliseconds}`);
      return rate === null ? Number.NaN : Number(rate);
    },
    close: () => worker.close(),
  };
}

/** Bytes of the last cache; 32 MiB where the system does not say. */
export function lastCacheBytes(): number {
  for (const index of [3, 2]) {
    const file = `/sys/devices/system/cpu/cpu0/cache/index${index}/size`;
    if (existsSync(file)) return Number.parseInt(readFileSync(file, "utf8"), 10) * 1024;
  }
  return 2 ** 25;
}

/** What the probe reads over and over: a quarter of the last cache, and no more than 32 MiB of it. */
const cachedBytes = () => Math.min(2 ** 25, Math.max(2 ** 21, lastCacheBytes() / 4));
