/** @file Conformance cases of memory: fill and copy within guards; and a check of reading, writing and accounting. */

import type { Backend } from "../backend.js";
import { fromBf16, roundToBf16, toBf16 } from "../bf16.js";
import type { Random } from "../random.js";
import { type ConformanceCase, cases, exact, input, output, randomInput } from "./conformance.js";

const lengths = [0, 1, 15, 16, 17, 64, 1000, 70_001];

/** Any 32 bits as floats, and those that rounding to bf16 may get wrong: ties, the largest, subnormal ones, ±∞, NaN. */
function awkward(random: Random, length: number, half: boolean): Float32Array {
  const marks = [
    0x3f808000, 0x3f818000, 0x3f807fff, 0x3f808001, 0x7f7fffff, 0x7f7f7fff, 0x00000001, 0x00008000,
    0x80018000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000,
  ];
  const bits = Uint32Array.from({ length }, (_, i) => marks[i] ?? random.integer(2 ** 31) * 2);
  const values = new Float32Array(bits.buffer);
  return half ? roundToBf16(values) : values;
}

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
    "fill",
    lengths.flatMap((length) =>
      [0, -1.2345, 3e38, Number.NaN].map((value) => ({ length, half: `${value}` })),
    ),
    ({ length, half }) => ({
      buffers: { x: { ...output([length], exact), dtype: "bf16" as const } },
      run: (b, at) => void b.fill(at.x!, length, Number(half)),
    }),
  ),
  ...cases(
    "copy",
    lengths.flatMap((length) =>
      (
        [
          ["f32", "bf16"],
          ["bf16", "f32"],
          ["bf16", "bf16"],
        ] as const
      ).map(([from, to]) => ({ length, from, to })),
    ),
    ({ length, from, to }, random) => ({
      buffers: {
        from: { ...input([length], awkward(random, length, from === "bf16")), dtype: from },
        to: { ...output([length], exact), dtype: to },
      },
      run: (b, at) => void b.copy(at.from!, at.to!, length),
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
  checkHalves(b);
  back[0] = 99;
  if (b.read({ storage: x, offset: 93 }, 1)[0] !== 1) throw new Error("read gave a view instead of a copy");
  b.release(x);
  b.release(y);
  if (b.memory().bytes !== before.bytes)
    throw new Error(`released, yet ${b.memory().bytes - before.bytes} bytes in use`);
}

function checkHalves(b: Backend): void {
  const before = b.memory().bytes;
  const storage = b.allocate("bf16", 1001);
  const used = b.memory().bytes - before;
  if (used < 2002 || used >= 4004) throw new Error(`1001 bf16 elements allocated, ${used} bytes counted`);
  const values = Float32Array.of(1, Number.NaN, -0, Number.POSITIVE_INFINITY, Math.PI);
  b.write({ storage, offset: 996 }, toBf16(values));
  const back = b.read({ storage, offset: 996 }, 5);
  if (!(back instanceof Uint16Array)) throw new Error("bf16 is read as its bits");
  const floats = fromBf16(back);
  if (!floats.every((v, i) => Object.is(v, roundToBf16(values.slice())[i])))
    throw new Error(`wrote [${values}] as bf16, read [${floats}]`);
  b.release(storage);
}
