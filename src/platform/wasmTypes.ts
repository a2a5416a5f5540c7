/** @file The part of WebAssembly's JavaScript interface that is used here. (TypeScript's own declarations come with all of
 *  the DOM.) */

export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** The number of pages before; throws RangeError where there is no more. */
  grow(pages: number): number;
}
/** Compiled code; may be posted to workers. */
export interface WasmModule {
  readonly _module: never;
}
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}
export interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => WasmModule;
  Instance: new (module: WasmModule, imports: object) => WasmInstance;
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
}

/** What a worker of the pool is given (see `WORKER`). */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** From 1. */
  readonly index: number;
  /** Addresses of the end of its stack and of its thread-local variables. */
  readonly stack: number;
  readonly local: number;
}

/** The body of a worker, as text, so that it needs no file of its own wherever this package is bundled. It is in a loop of
 *  the kernels until the pool stops. After an error it leaves the kernel's loop, which the calling thread then reports. */
export const WORKER = `
function start({ module, memory, index, stack, local }) {
  const env = { memory, out_of_memory(bytes) { throw Object.assign(new Error("out of memory"), { bytes }); } };
  const { exports } = new WebAssembly.Instance(module, { env });
  exports.__stack_pointer.value = stack;
  exports.__wasm_init_tls(local);
  for (;;) {
    try {
      exports.work(index);
      return;
    } catch (error) {
      exports.__stack_pointer.value = stack;
      exports.recover(error.bytes ?? 0);
    }
  }
}
`;
