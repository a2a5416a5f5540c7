/** @file What a native addon needs of Node: running a compiler, asking about the machine, loading the .node file. */

import { spawn, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import { fileURLToPath } from "node:url";

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. A program that does not exist is not ok and has an empty stderr. */
export function run(program: string, args: readonly string[], input = ""): Ran {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { ok: status === 0, stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** The same without blocking. */
export function runAsync(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", () => resolve({ ok: false, stdout, stderr }));
    child.on("close", (status) => resolve({ ok: status === 0, stdout, stderr }));
  });
}

/** Loads a compiled addon. Throws what the dynamic linker says. */
export function loadAddon(file: string): unknown {
  return createRequire(import.meta.url)(file);
}

/** Milliseconds since 1970; infinity if there is no such file. */
export function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

export function resolvePackage(name: string): string {
  return createRequire(import.meta.url).resolve(name);
}

export function fileOfUrl(url: string): string {
  return fileURLToPath(url);
}

export function environment(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

export const systemName = (): "linux" | "darwin" | "win32" | (string & {}) => os.platform();
/** Whether this Node uses the C library musl. */
export function usesMusl(): boolean {
  if (os.platform() !== "linux") return false;
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined;
}
export const processorName = (): string => os.arch();
export const processors = (): number => os.availableParallelism();
export const processId = (): number => process.pid;

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Whether `url` (import.meta.url) is the program that node was started with. */
export function isProgram(url: string): boolean {
  const started = process.argv[1];
  if (started === undefined) return false;
  return fileURLToPath(url) === started || fileURLToPath(url) === `${started}.js`;
}
