/** @file One process at a time in a folder, for as long as it takes. Whoever has the lease touches its file every two seconds
 *  and asks before it writes whether it still has it; one that has not been touched for half a minute, or whose process on
 *  this machine has ended, is taken over. (lock.ts is for short work that may be done twice.) */

import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "./files.js";
import { appears, isRunning } from "./holder.js";
import { hostName } from "./machine.js";

const TOUCH_MS = 2000;
const DEAD_MS = 30_000;
const LOOK_MS = 200;

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

export interface LeaseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told once, before waiting, which process has it. */
  readonly onWait?: ((pid: number, host: string) => void) | undefined;
}

/** Does `work` while the lease is ours. `held()`: whether it still is. */
export async function withLease<T>(
  file: string,
  work: (held: () => boolean) => Promise<T>,
  { signal, onWait }: LeaseOptions = {},
): Promise<T> {
  makeFolder(path.dirname(file));
  const token = randomBytes(12).toString("hex");
  for (let told = false; !take(file, token); ) {
    const holder = holderOf(file);
    if (holder !== undefined && isOver(file, holder)) putAside(file, holder.token);
    else {
      if (holder !== undefined && !told) onWait?.(holder.pid, holder.host);
      told ||= holder !== undefined;
      await sleep(LOOK_MS);
    }
    signal?.throwIfAborted();
  }
  const held = () => holderOf(file)?.token === token;
  const beat = setInterval(() => {
    if (held()) touch(file);
  }, TOUCH_MS);
  beat.unref();
  try {
    return await work(held);
  } finally {
    clearInterval(beat);
    if (held()) fs.rmSync(file, { force: true });
  }
}

function take(file: string, token: string): boolean {
  const holder: Holder = { pid: process.pid, host: hostName(), token };
  return appears(file, `${file}.${token}`, JSON.stringify(holder));
}

function holderOf(file: string): Holder | undefined {
  try {
    const { pid, host, token } = JSON.parse(fs.readFileSync(file, "utf8")) as Partial<Holder>;
    return { pid: Number(pid), host: String(host), token: String(token) };
  } catch {
    return undefined; // given back just now
  }
}

function touch(file: string): void {
  try {
    const now = new Date();
    fs.utimesSync(file, now, now);
  } catch {
    // taken away from under us: the next `held` says so
  }
}

function isOver(file: string, { pid, host }: Holder): boolean {
  if (host === hostName() && pid !== process.pid && !isRunning(pid)) return true;
  const touched = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return touched !== undefined && Date.now() - touched > DEAD_MS;
}

/** Removes the lease with that token and no other: another process may have taken it over in the meantime. */
function putAside(file: string, token: string): void {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    fs.renameSync(file, aside);
    if (holderOf(aside)?.token !== token) fs.linkSync(aside, file);
  } catch {
    // somebody else was quicker
  } finally {
    fs.rmSync(aside, { force: true });
  }
}
