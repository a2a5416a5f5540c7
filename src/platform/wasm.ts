/** @file What WebAssembly needs of Node: its interface, threads, and V8's permission for relaxed SIMD. The browser's side is
 *  browser/wasm.ts. */

import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { type WasmApi, WORKER, type WorkerStart } from "./wasmTypes.js";

export function wasmApi(): WasmApi {
  return (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
}

/** Whether memory may be shared between threads, and whether this thread may sleep while others work. */
export const sharesMemory = (): boolean => true;
export const maySleep = (): boolean => true;

/** Starts a worker that never keeps the process alive. One that cannot start leaves its work to the others. */
export function startWorker(start: WorkerStart): void {
  const code = `${WORKER}\nstart(require("node:worker_threads").workerData);`;
  const worker = new Worker(code, { eval: true, execArgv: [], workerData: start });
  worker.on("error", () => {});
  worker.unref();
}

/** Node 20 has relaxed SIMD behind a flag, which may be set before the first such module is compiled. */
export function permitRelaxedSimd(): void {
  if (Number(process.versions.v8.split(".")[0]) < 12) setFlagsFromString("--experimental-wasm-relaxed-simd");
}
