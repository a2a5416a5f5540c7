/** @file The browser's side of wasm.ts: workers and memory shared with them where the page is cross-origin isolated. */

import { type WasmApi, WORKER, type WorkerStart } from "../wasmTypes.js";

interface Page {
  readonly WebAssembly: WasmApi;
  readonly crossOriginIsolated?: boolean;
  readonly Worker: new (url: string) => { postMessage(message: unknown): void };
  readonly URL: { createObjectURL(blob: Blob): string };
  readonly document?: unknown;
}
const page = (): Page => globalThis as unknown as Page;

export const wasmApi = (): WasmApi => page().WebAssembly;
export const sharesMemory = (): boolean => page().crossOriginIsolated === true;
/** A page's own thread must not sleep; a worker's may. */
export const maySleep = (): boolean => page().document === undefined;

export function startWorker(start: WorkerStart): void {
  const code = `${WORKER}\nonmessage = (event) => { start(event.data); close(); };`;
  const url = page().URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  new (page().Worker)(url).postMessage(start);
}

export function permitRelaxedSimd(): void {}
