/** @file What this machine is, for reports: a figure without its machine says little. */

import * as os from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memory: os.totalmem(),
    system: `${os.platform()} ${os.arch()} ${os.release()}`,
    node: process.version,
  };
}

/** Bytes of physical memory that this process holds. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

export const homeFolder = os.homedir;
export const hostName = os.hostname;
