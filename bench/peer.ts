/** @file A worker that is asked in lines and answers in lines of JSON: a process of our own or a Python peer. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

export const PEER_PYTHON = "bench/peers/.venv/bin/python";

export function peersInstalled(): boolean {
  return existsSync(PEER_PYTHON);
}

export interface LineWorker {
  /** Sends a line and resolves with the next line of JSON. */
  ask(line: string): Promise<Record<string, unknown>>;
  /** The next line of JSON without asking (a greeting). */
  next(): Promise<Record<string, unknown>>;
  close(): void;
}

/** `env` is laid over this process's environment; undefined takes a variable away. */

export function startWorker(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): LineWorker {
  const child: ChildProcess = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr!.on("data", (chunk) => {
    errors = (errors + chunk).slice(-4000);
  });
  child.stdin!.on("error", () => {}); // a worker that died is told by its end
  child.on("error", (error) => {
    errors += error.message;
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ${args.join(" ")} ended early:\n${errors}`);
      if (value.startsWith("{")) return JSON.parse(value) as Record<string, unknown>;
    }
  };
  return {
    next,
    ask(line) {
      child.stdin!.write(`${line}\n`);
      return next();
    },
    close() {
      child.stdin!.end();
      child.kill();
    },
  };
}
