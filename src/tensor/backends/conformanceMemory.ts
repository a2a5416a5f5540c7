/** @file Conformance cases of memory: fill and copy within guards; and a check of reading, writing and accounting. */

import type { Backend } from "../backend.js";
import { type ConformanceCase, cases, exact, input, output, randomInput } from "./conformance.js";

const lengths = [0, 1, 15, 16, 17, 64, 1000, 70_001];

export const memoryCases: readonly ConformanceCase[] = [
  ...cases(
    "fill",
    lengths.flatMap((length) => [0, 1.5, -1e30].map((value) => ({ length, value }))),
    ({ length, value }) => ({
      buffers: { x: output([length], exact) },
      run: (b, at) => void b.fill(at.x!, length, value),
    }),
  ),
  ...cases(
    "fill",
    lengths.map((length) => ({ length, integer: -7 })),
    ({ length, integer }) => ({
      buffers: { x: { ...output([length], exact), dtype: "i32" as const } },
      run: (b, at) => void b.fill(at.x!, length, integer),
    }),
  ),
  ...cases(
    "copy",
    lengths.flatMap((length) => ["f32", "i32"].map((dtype) => ({ length, dtype }))),
    ({ length, dtype }, random) => ({
      buffers:
        dtype === "f32"
          ? { from: randomInput(random, [length]), to: output([length], exact) }
          : {
              from: input(
                [length],
                Int32Array.from({ length }, () => random.integer(1e6)),
              ),
              to: { ...output([length], exact), dtype: "i32" as const },
            },
      run: (b, at) => void b.copy(at.from!, at.to!, length),
    }),
  ),
];

/** Throws an Error that says what is wrong with a backend's memory. */
export function checkMemory(b: Backend): void {
  const before = b.memory();
  const x = b.allocate("f32", 100);
  const y = b.allocate("i32", 7);
  const used = b.memory().bytes - before.bytes;
  if (used < 4 * 107) throw new Error(`107 elements allocated, ${used} bytes counted`);
  if (b.memory().peakBytes < b.memory().bytes) throw new Error("the peak is below what is in use");
  const values = Float32Array.of(1, Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-40);
  b.write({ storage: x, offset: 93 }, values);
  const back = b.read({ storage: x, offset: 93 }, 5);
  if (!back.every((v, i) => Object.is(v, values[i]))) throw new Error(`wrote [${values}], read [${back}]`);
  b.write({ storage: y, offset: 2 }, Int32Array.of(-1, 0x7fffffff));
  const integers = b.read({ storage: y, offset: 2 }, 2);
  if (!(integers instanceof Int32Array) || integers[0] !== -1 || integers[1] !== 0x7fffffff)
    throw new Error(`integers came back as [${integers}]`);
  back[0] = 99;
  if (b.read({ storage: x, offset: 93 }, 1)[0] !== 1) throw new Error("read gave a view instead of a copy");
  b.release(x);
  b.release(y);
  if (b.memory().bytes !== before.bytes)
    throw new Error(`released, yet ${b.memory().bytes - before.bytes} bytes in use`);
}
