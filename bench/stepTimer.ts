/** @file A backend that takes the time of every kernel, by the part of the step that it belongs to; and, when asked, counts
 *  what the kernels must do at least instead. */

import type { Backend, Operand } from "../src/tensor/index.js";
import { createCounts, type Part, type Work } from "./stepWork.js";

export interface TimedBackend {
  readonly backend: Backend;
  /** Milliseconds of each part since the last `reset`. */
  readonly times: ReadonlyMap<Part, number>;
  readonly calls: number;
  reset(): void;
  /** Runs fn and returns the work of every kernel that it called. */
  count(fn: () => void): Work[];
}

/** Not kernels: memory and the end. Their time belongs to the rest. */
const PLAIN = new Set<PropertyKey>(["allocate", "release", "read", "write", "memory", "dispose"]);

export function timedBackend(inner: Backend, isHead: (x: Operand) => boolean): TimedBackend {
  const counts = createCounts(inner, isHead) as Record<string, ((...args: unknown[]) => Work) | undefined>;
  const times = new Map<Part, number>();
  let work: Work[] | null = null;
  let calls = 0;
  const wrap = (name: string, kernel: (...args: unknown[]) => unknown) => {
    const count = counts[name];
    return (...args: unknown[]) => {
      if (count === undefined) throw new Error(`bench/stepWork.ts does not know the kernel ${name}`);
      const started = performance.now();
      const result = kernel.apply(inner, args);
      const elapsed = performance.now() - started;
      const found = work === null ? null : count(...args);
      if (found !== null) work!.push(found);
      const part = partOf.get(name) ?? count(...args).part;
      times.set(part, (times.get(part) ?? 0) + elapsed);
      calls++;
      return result;
    };
  };
  const wrapped = new Map<string, unknown>();
  const backend = new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function" || typeof key !== "string" || PLAIN.has(key)) return value;
      if (!wrapped.has(key)) wrapped.set(key, wrap(key, value as (...args: unknown[]) => unknown));
      return wrapped.get(key);
    },
  });
  return {
    backend,
    times,
    get calls() {
      return calls;
    },
    reset() {
      times.clear();
      calls = 0;
    },
    count(fn) {
      work = [];
      fn();
      const found = work;
      work = null;
      return found;
    },
  };
}

/** Attention's count reads its ranges: its part is known without. */
const partOf: ReadonlyMap<string, Part> = new Map([
  ["attention", "attention"],
  ["attentionBackward", "attention"],
]);
