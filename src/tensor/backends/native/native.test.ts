/** What only the native backend has: its memory, its threads, its instruction sets. That kernels compute the right thing is
 *  checked against the reference by ../conformance.test.ts. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend, MatmulParams, Operand } from "../../backend.js";
import { roundToBf16 } from "../../bf16.js";
import type { Compute } from "../../dtype.js";
import { loadNative } from "./addon.js";
import { buildNative } from "./build.js";
import { createNativeBackend, nativeAvailable } from "./index.js";

const available = nativeAvailable();
if (!available.ok) console.warn(`native tests skipped: ${available.why}`);

/** Repeatable numbers in [−1, 1). */
function noise(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

function put(backend: Backend, data: Float32Array | Int32Array): Operand {
  const storage = backend.allocate(data instanceof Float32Array ? "f32" : "i32", data.length);
  backend.write({ storage, offset: 0 }, data);
  return { storage, offset: 0 };
}

interface Case {
  m: number;
  n: number;
  k: number;
  transA?: boolean;
  transB?: boolean;
  compute: Compute;
}

/** op(A)·op(B) with every part of the epilogue. */
function product(
  backend: Backend,
  c: Case,
  rows: "all" | "one by one" | "packed" | "packed one by one",
): Float32Array {
  const { m, n, k, transA = false, transB = false, compute } = c;
  const a = put(backend, noise(m * k, 1));
  const b = put(backend, noise(n * k, 2));
  const out = put(backend, new Float32Array(m * n));
  const bias = put(backend, noise(n, 3));
  const residual = put(backend, noise(m * n, 4));
  const lda = transA ? m : k;
  const ldb = transB ? k : n;
  const base = { alpha: 0.75, bias, activation: "gelu" as const, lda, ldc: n };
  const packed = rows.startsWith("packed") ? backend.pack({ b, n, k, transB, ldb, compute }) : undefined;
  const step = rows.endsWith("one by one") ? 1 : m;
  for (let i = 0; i < m; i += step) {
    const at = {
      a: { ...a, offset: i * lda },
      c: { ...out, offset: i * n },
      residual: { ...residual, offset: i * n },
      m: step,
    };
    if (packed !== undefined) backend.matmulPacked({ ...base, ...at, b: packed });
    else backend.matmul({ ...base, ...at, b, n, k, transA, transB, ldb, compute } satisfies MatmulParams);
  }
  const result = backend.read(out, m * n) as Float32Array;
  packed?.release();
  for (const x of [a, b, out, bias, residual]) backend.release(x.storage);
  return result;
}

const SHAPES: readonly Omit<Case, "compute">[] = [
  { m: 37, n: 83, k: 5 },
  { m: 70, n: 130, k: 300, transB: true },
  { m: 129, n: 67, k: 1037, transA: true },
  { m: 200, n: 33, k: 513, transA: true, transB: true },
  { m: 300, n: 257, k: 384 },
];

describe.skipIf(!available.ok)("memory", () => {
  const backend = available.ok ? createNativeBackend() : (undefined as never);

  it("is aligned, reused, counted and checked", () => {
    const before = backend.memory().bytes;
    for (const length of [1, 7, 1000, 5000, 100_000, 1 << 20, 3_000_001]) {
      const x = backend.allocate("f32", length);
      expect(x.address % 64).toBe(0);
      backend.release(x);
      const again = backend.allocate("f32", length);
      expect(again.address).toBe(x.address);
      backend.release(again);
      expect(() => backend.release(again)).toThrow("released twice");
    }
    expect(backend.memory().bytes).toBe(before);
  });

  it("keeps blocks apart and coalesces them, whatever the order", () => {
    const held = new Map<number, { x: ReturnType<Backend["allocate"]>; tag: number }>();
    const order = noise(4000, 9);
    for (let i = 0; i < order.length; i++) {
      const key = i % 61;
      const old = held.get(key);
      if (old !== undefined) {
        const ends = [
          backend.read({ storage: old.x, offset: 0 }, 1)[0],
          backend.read({ storage: old.x, offset: old.x.length - 1 }, 1)[0],
        ];
        expect(ends).toEqual([old.tag, old.tag]);
        backend.release(old.x);
      }
      const x = backend.allocate("f32", 1 + Math.floor(Math.abs(order[i]!) ** 4 * 300_000));
      backend.fill({ storage: x, offset: 0 }, x.length, i);
      held.set(key, { x, tag: i });
    }
    const { peakBytes } = backend.memory();
    for (const { x } of held.values()) backend.release(x);
    const whole = backend.allocate("f32", Math.floor((peakBytes * 0.8) / 4));
    backend.release(whole);
    const { resident } = (loadNative() as { addon: { memory(): { resident: number } } }).addon.memory();
    expect(resident).toBeLessThan(peakBytes * 2 + 2 ** 22);
  });

  it("refuses what no machine has, naming figures", () => {
    expect(() => backend.allocate("f32", 2 ** 48)).toThrow(/not enough memory.*GiB/);
    expect(() => backend.allocate("f32", Number.MAX_SAFE_INTEGER)).toThrow(/not enough memory/);
  });
});

describe.skipIf(!available.ok)("bits", () => {
  for (const compute of ["fp32", "bf16"] as const) {
    it(`${compute}: threads, number of rows and packing change none`, () => {
      for (const shape of SHAPES) {
        const c = { ...shape, compute };
        const two = product(createNativeBackend({ threads: 2 }), c, "all");
        expect(two.some((x) => x !== 0)).toBe(true);
        expectSame(product(createNativeBackend({ threads: 1 }), c, "all"), two);
        if (shape.transA !== true) {
          for (const how of ["one by one", "packed", "packed one by one"] as const)
            expectSame(product(createNativeBackend({ threads: 2 }), c, how), two, how);
        }
      }
    });
  }

  it("a query alone and in company attend alike", () => {
    const backend = createNativeBackend({ threads: 2 });
    const [tq, tk, heads, kvHeads, dim] = [50, 130, 4, 2, 24];
    const q = put(backend, noise(tq * heads * dim, 1));
    const k = put(backend, noise(tk * kvHeads * dim, 2));
    const v = put(backend, noise(tk * kvHeads * dim, 3));
    const all = Int32Array.from({ length: tq * 2 }, (_, i) =>
      i % 2 === 0 ? Math.max(0, (i >> 1) - 20) : 81 + (i >> 1),
    );
    const run = (from: number, count: number) => {
      const o = put(backend, new Float32Array(count * heads * dim));
      const ranges = put(backend, all.slice(from * 2, (from + count) * 2));
      backend.attention({
        q: { ...q, offset: from * heads * dim },
        k,
        v,
        o,
        ranges,
        batch: 1,
        tq: count,
        tk,
        heads,
        kvHeads,
        dim,
        ldq: heads * dim,
        ldk: kvHeads * dim,
        ldv: kvHeads * dim,
        ldo: heads * dim,
        strideQ: 0,
        strideK: 0,
        strideV: 0,
        strideO: 0,
        scale: 0.4,
        compute: "fp32",
      });
      const result = backend.read(o, count * heads * dim) as Float32Array;
      backend.release(o.storage);
      backend.release(ranges.storage);
      return result;
    };
    const together = run(0, tq);
    for (let i = 0; i < tq; i++)
      expect(run(i, 1)).toEqual(together.slice(i * heads * dim, (i + 1) * heads * dim));
    for (const x of [q, k, v]) backend.release(x.storage);
  });
});

describe.skipIf(!available.ok)("instruction sets", () => {
  afterAll(() => void createNativeBackend());
  const usable = (): string[] => (loadNative() as { addon: { isas(): string } }).addon.isas().split(" ");

  it("every one of this machine computes the same, to the bit where multiply-adds are fused", () => {
    const results = new Map(
      usable().map((isa) => [
        isa,
        SHAPES.map((shape) => product(createNativeBackend({ isa }), { ...shape, compute: "fp32" }, "all")),
      ]),
    );
    expect(results.has("baseline")).toBe(true);
    const best = results.get(usable().at(-1)!)!;
    for (const [isa, result] of results) {
      if (isa === "baseline") result.forEach((x, i) => void expectClose(x, best[i]!, 1e-4));
      else result.forEach((x, i) => void expectSame(x, best[i]!, isa));
    }
  });

  it("one that is not here is refused, naming those that are", () => {
    expect(() => createNativeBackend({ isa: "mmx" })).toThrow(/mmx.*baseline/);
  });
});

function expectClose(x: Float32Array, y: Float32Array, tolerance: number): void {
  let worst = 0;
  for (let i = 0; i < x.length; i++) worst = Math.max(worst, Math.abs(x[i]! - y[i]!));
  expect(worst).toBeLessThan(tolerance);
}

/** To the bit; quicker than toEqual on long arrays. */
function expectSame(x: Float32Array, y: Float32Array, what = "bits"): void {
  const [a, b] = [
    new Int32Array(x.buffer, x.byteOffset, x.length),
    new Int32Array(y.buffer, y.byteOffset, y.length),
  ];
  expect(a.length).toBe(b.length);
  expect(
    a.findIndex((bits, i) => bits !== b[i]),
    what,
  ).toBe(-1);
}

/** The AVX-512 and AMX kernels on any machine: their sources with the instructions emulated. */
describe.skipIf(!available.ok)("emulated instructions", () => {
  beforeAll(async () => {
    expect(await buildNative({ emulated: true })).toMatchObject({ built: true });
  }, 600_000);

  it("AVX-512 gives AVX2's bits", () => {
    const isas = (loadNative() as { addon: { isas(): string } }).addon.isas();
    for (const compute of ["fp32", "bf16"] as const) {
      for (const shape of SHAPES) {
        const wide = product(
          createNativeBackend({ isa: "emulated-avx512", emulated: true }),
          { ...shape, compute },
          "all",
        );
        const narrow = product(
          createNativeBackend(isas.includes("avx2") ? { isa: "avx2" } : {}),
          { ...shape, compute },
          "all",
        );
        if (isas.includes("avx2")) expectSame(wide, narrow);
        else expectClose(wide, narrow, 1e-4);
      }
    }
  });

  for (const isa of ["emulated-avx512bf16", "emulated-amx"]) {
    it(`${isa}: products of rounded operands, the same bits for any rows, threads and packing`, () => {
      for (const shape of SHAPES) {
        const c = { ...shape, compute: "bf16" as const };
        const one = createNativeBackend({ isa, emulated: true, threads: 1 });
        const result = product(one, c, "all");
        expectClose(result, product(createNativeBackend({ isa: "baseline" }), c, "all"), 1e-3);
        if (shape.transA !== true) {
          for (const how of ["one by one", "packed", "packed one by one"] as const)
            expectSame(product(one, c, how), result, how);
        }
        expectSame(product(createNativeBackend({ isa, emulated: true, threads: 2 }), c, "all"), result);
      }
    });
  }

  it("a weight packed for one is refused by another", () => {
    const backend = createNativeBackend({ isa: "emulated-amx", emulated: true });
    const b = put(backend, noise(64, 1));
    const packed = backend.pack({ b, n: 8, k: 8, ldb: 8, compute: "bf16" });
    const other = createNativeBackend({ isa: "emulated-avx512", emulated: true });
    expect(() => other.matmulPacked({ a: b, b: packed, c: b, m: 1, lda: 8, ldc: 8 })).toThrow(
      "packed for another",
    );
    packed.release();
  });
});

it("bf16 keeps NaN and infinity and rounds to nearest even", { skip: !available.ok }, () => {
  const backend = createNativeBackend();
  const values = Float32Array.of(
    1.00390625,
    1.01171875,
    -3.1417,
    3.4e38,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e-40,
    0,
  );
  const a = put(backend, values);
  const one = put(backend, Float32Array.of(1));
  const c = put(backend, new Float32Array(8));
  backend.matmul({ a, b: one, c, m: 8, n: 1, k: 1, lda: 1, ldb: 1, ldc: 1, compute: "bf16" });
  expect(backend.read(c, 8)).toEqual(roundToBf16(values, new Float32Array(8)));
});
