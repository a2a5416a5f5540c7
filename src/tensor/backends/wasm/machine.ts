/** @file An instance of the kernels: its memory, its threads, and its functions as TypeScript calls them. */

import { maySleep, startWorker, wasmApi } from "../../../platform/wasm.js";
import type { WasmMemory, WasmModule } from "../../../platform/wasmTypes.js";
import type { Machine } from "../compiled.js";
import type { Argument, KernelName, Kernels } from "../kernels.js";
import { outOfMemory } from "../outOfMemory.js";
import { Heap } from "./heap.js";
import { compileWasm, type WasmIsa } from "./module.js";

const PAGE = 65536;
/** As native/core: the memory that the files are linked for. */
export const INITIAL_PAGES = 64;
/** All that 32 bits address, but a page, so that no address is 2³². */
const MOST_PAGES = 65535;
/** Not for tensors: working memory of the kernels. */
const RESERVE = 256 << 20;
const STACK = 1 << 20;

interface Exports {
  readonly __heap_base: { readonly value: number };
  readonly __stack_pointer: { value: number };
  readonly __tls_size: { readonly value: number };
  readonly __indirect_function_table: { get(index: number): KernelFunction };
  names(): number;
  function(index: number): number;
  set_threads(count: number, maySleep: number): void;
  recover(bytes: number): void;
  stop(): void;
}

type KernelFunction = (...values: number[]) => number;

export interface WasmMachine extends Machine {
  readonly threads: number;
  /** Ends the workers. */
  stop(): void;
}

/** Thrown through a kernel that could not have working memory. */
class WorkingMemory extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super("no working memory");
    this.bytes = bytes;
  }
}

/** `shared`: the memory may be shared with workers; without, there is one thread. `mostPages`: for tests. */
export function createMachine(
  isa: WasmIsa,
  options: { readonly threads: number; readonly shared: boolean; readonly mostPages?: number },
): WasmMachine & Kernels {
  const { shared } = options;
  const threads = shared ? options.threads : 1;
  const module = compileWasm(isa, shared);
  const { memory, pages } = createMemory(shared, options.mostPages ?? MOST_PAGES);
  const env = {
    memory,
    out_of_memory(bytes: number) {
      if (bytes === 0) throw new Error("a kernel failed on another thread");
      throw new WorkingMemory(bytes);
    },
  };
  const exports = new (wasmApi().Instance)(module, { env }).exports as unknown as Exports;
  const heap = new Heap({
    start: exports.__heap_base.value,
    end: INITIAL_PAGES * PAGE,
    limit: Math.max(pages * PAGE - RESERVE, (pages * PAGE) / 2),
    grow: (bytes) => growBy(memory, bytes),
  });
  const machine: WasmMachine = {
    ...memoryOf(memory, heap),
    isa: () => isa,
    threads,
    stop: () => exports.stop(),
  };
  exports.set_threads(threads, maySleep() ? 1 : 0);
  if (threads > 1) startWorkers(module, memory, heap, threads, exports.__tls_size.value);
  return { ...machine, ...kernelsOf(exports, memory, heap) };
}

function createMemory(shared: boolean, most: number): { memory: WasmMemory; pages: number } {
  // Some systems reserve all addresses at once and may refuse.
  for (let pages = most; ; pages = pages >> 1) {
    try {
      const memory = new (wasmApi().Memory)({ initial: INITIAL_PAGES, maximum: pages, shared });
      return { memory, pages };
    } catch (error) {
      if (pages < 2 * INITIAL_PAGES) throw error;
    }
  }
}

function growBy(memory: WasmMemory, bytes: number): number | null {
  try {
    return memory.grow(bytes / PAGE) * PAGE;
  } catch {
    return null; // RangeError: the system or the maximum has no more
  }
}

function memoryOf(
  memory: WasmMemory,
  heap: Heap,
): Pick<Machine, "alloc" | "free" | "read" | "write" | "memory"> {
  // The buffer is another one whenever the memory has grown.
  const bytesOf = (array: ArrayBufferView) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return {
    alloc(bytes) {
      const address = heap.allocate(bytes);
      if (address === 0) throw Object.assign(new Error("out of memory"), { code: "cygnet-out-of-memory" });
      return address;
    },
    free: (address) => heap.release(address),
    read: (address, into) => bytesOf(into).set(new Uint8Array(memory.buffer, address, into.byteLength)),
    write: (address, from) => new Uint8Array(memory.buffer, address, from.byteLength).set(bytesOf(from)),
    memory: () => ({ bytes: heap.bytes, peakBytes: heap.peakBytes, limit: heap.limit }),
  };
}

function startWorkers(
  module: WasmModule,
  memory: WasmMemory,
  heap: Heap,
  threads: number,
  localBytes: number,
): void {
  for (let index = 1; index < threads; index++) {
    const stack = heap.reserve(STACK) + STACK;
    startWorker({ module, memory, index, stack, local: heap.reserve(localBytes + 64) });
  }
}

function kernelsOf(exports: Exports, memory: WasmMemory, heap: Heap): Kernels {
  const stack = exports.__stack_pointer.value;
  const room: Room = { address: 0, bytes: 0 };
  const bind =
    (name: string, f: KernelFunction) =>
    (...values: Argument[]): number => {
      if (values.length !== f.length)
        throw new Error(`${name} was given ${values.length} arguments and has ${f.length}`);
      const numbers = values.every((x) => typeof x === "number")
        ? values
        : placed(values, memory, heap, room);
      try {
        return f(...(numbers as number[]));
      } catch (error) {
        // What was thrown went through frames of the kernels without undoing what they had done.
        exports.__stack_pointer.value = stack;
        exports.recover(0);
        if (!(error instanceof WorkingMemory)) throw error;
        throw outOfMemory(`the work of ${name}`, error.bytes, heap, error);
      }
    };
  const names = textAt(memory, exports.names()).trim().split(" ");
  return Object.fromEntries(
    names.map((name, i) => [name, bind(name, exports.__indirect_function_table.get(exports.function(i)))]),
  ) as { [K in KernelName]: ReturnType<typeof bind> };
}

/** Where arrays among the arguments are put for the time of a call. */
interface Room {
  address: number;
  bytes: number;
}

function placed(values: readonly Argument[], memory: WasmMemory, heap: Heap, room: Room): number[] {
  const size = (x: Argument) => (typeof x === "number" ? 0 : Math.ceil(x.byteLength / 64) * 64);
  const bytes = values.reduce<number>((sum, x) => sum + size(x), 0);
  if (bytes > room.bytes) {
    if (room.bytes > 0) heap.release(room.address);
    room.bytes = Math.max(2 * bytes, 4096);
    room.address = heap.reserve(room.bytes);
  }
  let at = room.address;
  return values.map((x) => {
    if (typeof x === "number") return x;
    const place = at;
    new Uint8Array(memory.buffer, at, x.byteLength).set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
    at += size(x);
    return place;
  });
}

function textAt(memory: WasmMemory, address: number): string {
  const bytes = new Uint8Array(memory.buffer);
  let text = "";
  for (let at = address; bytes[at] !== 0; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
