/** @file One process at a time for work that several may begin at once, by a file that names its holder. It saves work and
 *  keeps nothing from harm: whoever waits for a process that has ended, or too long, goes on, and two may then work at once. */

import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { appears, isRunning } from "./holder.js";

const LOOK_MS = 100;
/** Nobody holds it longer. */
const MOST_MS = 15 * 60_000;

export interface LockOptions {
  /** Told once, before waiting, which process holds the lock. */
  readonly onWait?: (holder: number) => void;
}

/** Does `work` while the file is ours, and removes it. */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait }: LockOptions = {},
): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const started = Date.now();
  for (let told = false; !take(file); ) {
    const holder = holderOf(file);
    if (holder === undefined) continue; // it has just been given back
    if (!isRunning(holder) || Date.now() - started > MOST_MS) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!told) onWait?.(holder);
    told = true;
    await setTimeout(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    if (holderOf(file) === process.pid) fs.rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  return appears(file, `${file}.${process.pid}`, String(process.pid));
}

function holderOf(file: string): number | undefined {
  try {
    return Number(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
