import { afterAll, describe, expect, it } from "vitest";
import type { Backend, Operand, Storage } from "./backend.js";
import { operationsOf } from "./backends/compiled.js";
import { createNativeBackend, nativeAvailable } from "./backends/native/index.js";
import { createReferenceBackend } from "./backends/reference/index.js";
import { createWasmBackend } from "./backends/wasm/index.js";
import type { DType } from "./dtype.js";
import { Engine } from "./engine.js";
import * as ops from "./ops/index.js";

const FULL = process.env.CYGNET_FULL !== undefined;
const BASE = 2 ** 40;

/** A build that has any amount of memory and only notes what its kernels are called with. */
function pretence(): { backend: Backend; calls: [string, number[]][] } {
  const calls: [string, number[]][] = [];
  let next = BASE;
  const machine = {
    alloc(bytes: number) {
      const address = next;
      next += bytes;
      return address;
    },
    free() {},
    read() {},
    write() {},
    memory: () => ({ bytes: 0, peakBytes: 0, limit: 0 }),
    isa: () => "none",
  };
  const build = new Proxy(machine, {
    get: (target, name: string) =>
      Reflect.get(target, name) ??
      ((...values: number[]) => {
        calls.push([name, values]);
        return 0;
      }),
  });
  const operations = operationsOf(build as unknown as Parameters<typeof operationsOf>[0]);
  return { backend: { name: "native", isa: "none", threads: 1, ...operations, dispose() {} }, calls };
}

describe("sizes beyond 32 bits", () => {
  it("places and sizes reach the kernels whole", () => {
    const { backend, calls } = pretence();
    const engine = new Engine({ backend });
    const x = engine.empty([2 ** 20, 2 ** 13]); // 2^33 numbers
    const y = ops.slice(x, 0, 2 ** 19 + 1, 2 ** 20);
    ops.unary("exp", x.alias([2 ** 13], 2 ** 33 - 2 ** 13));
    expect(calls.map(([name]) => name)).toEqual(["strided_copy", "unary"]);
    const copy = calls[0]![1];
    expect(copy[0]).toBe(BASE + 4 * (2 ** 19 + 1) * 2 ** 13);
    expect([...(copy[2] as unknown as Float64Array)]).toEqual([
      1,
      (2 ** 19 - 1) * 2 ** 13,
      2 ** 33,
      1,
      (2 ** 19 - 1) * 2 ** 13,
      1,
    ]);
    expect(y.size).toBe((2 ** 19 - 1) * 2 ** 13);
    expect(calls[1]![1].slice(1, 4)).toEqual([
      BASE + 4 * (2 ** 33 - 2 ** 13),
      BASE + 4 * (2 ** 33 + y.size),
      2 ** 13,
    ]);
    const half = engine.empty([2 ** 33 + 1], "bf16");
    backend.fill(half.alias([1], 2 ** 33), 1, 1);
    expect(calls[2]).toEqual(["fill", [half.storage.address + 2 ** 34, 1, 0x3f80, 1]]);
  });

  it("what kernels count in 32 bits is refused beyond them", () => {
    const { backend, calls } = pretence();
    const engine = new Engine({ backend });
    const ids = engine.empty([2 ** 31], "i32");
    expect(() => ops.embedding(engine.parameter([4, 4]), ids)).toThrow(/less than 2\^31/);
    const q = engine.empty([1, 2 ** 28, 16]);
    const k = engine.empty([1, 2 ** 28, 2]);
    const ranges = engine.empty([1, 2 ** 28, 2], "i32");
    expect(() => ops.attention(q, k, k, { heads: 8, kvHeads: 1, ranges })).toThrow(/queries of a sequence/);
    const long = engine.empty([1, 2 ** 31, 2]);
    const one = { heads: 1, ranges: engine.empty([1, 1, 2], "i32") };
    expect(() => ops.attention(engine.empty([1, 1, 2]), long, long, one)).toThrow(/keys of a sequence/);
    expect(() => backend.argmax({ x: long, y: ids, rows: 1, cols: 2 ** 31 })).toThrow(/columns/);
    expect(calls).toEqual([]);
  });

  it("what no array can hold is refused with figures", () => {
    const reference = createReferenceBackend();
    expect(() => reference.allocate("f32", 2 ** 40)).toThrow(/1099511627776 numbers \(4096.00 GiB\)/);
    const x = { storage: pretence().backend.allocate("f32", 2 ** 40), offset: 0 };
    expect(() => pretence().backend.read(x, 2 ** 40)).toThrow(/or read the tensor in parts/);
    expect(() => new Engine({ backend: reference }).empty([2 ** 30, 2 ** 30, 2 ** 30])).toThrow(/no room/);
  });

  it("WebAssembly refuses working memory beyond its addresses, where 32 bits would have cut the size", () => {
    const b = createWasmBackend({ threads: 1 });
    const tk = 2 ** 25 + 64; // keys of one number each become 16 in a kernel: 4 GiB and 8 KiB, twice
    const allocate = (dtype: DType, length: number): Operand => ({
      storage: b.allocate(dtype, length),
      offset: 0,
    });
    const k = allocate("f32", tk);
    const [q, o, ranges] = [allocate("f32", 16), allocate("f32", 16), allocate("i32", 32)];
    b.fill(k, tk, 0);
    b.fill(q, 16, 1);
    b.write(
      ranges,
      Int32Array.from({ length: 32 }, (_, i) => (i % 2) * tk),
    );
    const shape = { batch: 1, tq: 16, tk, heads: 1, kvHeads: 1, dim: 1, ldq: 1, ldk: 1, ldv: 1, ldo: 1 };
    const strides = { strideQ: 16, strideK: tk, strideV: tk, strideO: 16 };
    const attend = () =>
      b.attention({ q, k, v: k, o, ranges, ...shape, ...strides, scale: 1, compute: "fp32" });
    expect(attend).toThrow(
      /^there is not enough memory for the work of attention; found "a request of 4\.5\d GiB/,
    );
    b.dispose();
  });
});

describe.skipIf(!FULL || !nativeAvailable().ok)("a tensor of 2^31 + 2^20 numbers in bf16 (4 GiB)", () => {
  const b = createNativeBackend({ threads: 2 });
  const [rows, cols] = [2 ** 20 + 512, 2048];
  const length = rows * cols;
  const made: Storage[] = [];
  afterAll(() => {
    for (const storage of made) b.release(storage);
  });
  const allocate = (dtype: DType, n: number): Operand => {
    const storage = b.allocate(dtype, n);
    made.push(storage);
    return { storage, offset: 0 };
  };
  const x = allocate("bf16", length);
  const at = (offset: number): Operand => ({ storage: x.storage, offset });
  const bits = (offset: number, n: number) => [...b.read(at(offset), n)];
  const [one, two] = [0x3f80, 0x4000];

  it("is filled, negated and added up to its last number", () => {
    b.fill(x, length, 1);
    expect(bits(length - 3, 3)).toEqual([one, one, one]);
    b.affine({ x, y: x, alpha: -2, constant: 0, length });
    expect(bits(2 ** 31 - 1, 3)).toEqual([two + 0x8000, two + 0x8000, two + 0x8000]);
    expect(bits(length - 1, 1)).toEqual([two + 0x8000]);
    const sums = allocate("f32", cols);
    b.sumRows({ x, y: sums, rows, cols, ld: cols, accumulate: false });
    expect(new Set(b.read(sums, cols))).toEqual(new Set([-2 * rows]));
  });

  it("is written and copied at its end only", () => {
    b.write(at(length - 2), Uint16Array.of(one, two));
    expect(bits(length - 4, 4)).toEqual([two + 0x8000, two + 0x8000, one, two]);
    const narrow = allocate("bf16", 2 * 4);
    b.stridedCopy({
      x: at(cols - 4),
      y: narrow,
      shape: [2, 4],
      xStrides: [(rows - 1) * cols, 1],
      yStrides: [4, 1],
      accumulate: false,
    });
    expect([...b.read(narrow, 8)]).toEqual(
      [0, 0, 0, 0, 0, 0, -1, -2].map((i) => (i === -1 ? one : i === -2 ? two : two + 0x8000)),
    );
  });

  it("is a factor of a product, on either side", () => {
    const w = allocate("f32", cols);
    b.fill(w, cols, 1);
    const c = allocate("f32", rows);
    const product = { compute: "fp32", b: w, c, lda: cols } as const;
    b.matmul({ ...product, a: x, m: rows, n: 1, k: cols, transB: true, ldb: cols, ldc: 1 });
    expect([...b.read({ ...c, offset: 2 ** 20 - 1 }, 2)]).toEqual([-2 * cols, -2 * cols]);
    expect(b.read({ ...c, offset: rows - 1 }, 1)[0]).toBe(-2 * (cols - 2) + 3);
    const left = allocate("f32", rows);
    b.fill(left, rows, 1);
    const y = allocate("f32", cols);
    b.matmul({
      a: left,
      b: x,
      c: y,
      m: 1,
      n: cols,
      k: rows,
      lda: rows,
      ldb: cols,
      ldc: cols,
      compute: "fp32",
    });
    expect([...b.read({ ...y, offset: cols - 3 }, 3)]).toEqual([
      -2 * rows,
      -2 * (rows - 1) + 1,
      -2 * (rows - 1) + 2,
    ]);
  });
});
