import { afterAll, describe, expect, it } from "vitest";
import { connectBridge } from "../../../test/support/bridge.js";
import type { Backend, Operand } from "../backend.js";
import { createRandom } from "../random.js";
import { differences, execute, judge, planOf } from "./conformance.js";
import { checkKernel, conformanceCases, createExpectations, kernelNames } from "./conformanceCases.js";
import { checkRows, rowInvariance } from "./conformanceInvariance.js";
import { activationDifferences, packable, packedPair } from "./conformanceMatmul.js";
import { checkMemory } from "./conformanceMemory.js";
import { loadNative } from "./native/addon.js";
import { backendOf, createNativeBackend, nativeAvailable } from "./native/index.js";
import { createReferenceBackend } from "./reference/index.js";
import { createWasmBackend } from "./wasm/index.js";
import { usableWasm } from "./wasm/module.js";

/** CYGNET_SEED repeats a failure or tries other numbers. */
const seed = Number(process.env.CYGNET_SEED ?? 20260801);
const expected = createExpectations();
const summary = (failures: readonly string[]) =>
  failures.length === 0
    ? ""
    : `${failures.length} failures with CYGNET_SEED=${seed}\n${failures.slice(0, 12).join("\n")}`;

describe("the suite", () => {
  it("has cases of every kernel of the contract", () => {
    const reference = createReferenceBackend();
    const others = ["allocate", "release", "read", "write", "memory", "dispose", "pack"];
    const methods = Object.entries(reference).flatMap(([name, value]) =>
      typeof value === "function" ? [name] : [],
    );
    const listed = kernelNames.flatMap((name) => name.split(" and "));
    expect(listed.sort()).toEqual(methods.filter((name) => !others.includes(name)).sort());
  });

  it("catches a wrong element, a write outside and a missing element", () => {
    const c = conformanceCases.find((x) => x.kernel === "rmsNorm" && x.label.includes('"rows":5'))!;
    const plan = planOf(c, seed);
    const good = expected(c, plan);
    expect(judge(plan, good, good).problems).toEqual([]);
    const spoiled = (at: number, value: (old: number) => number) => {
      const y = (good.contents.y as Float32Array).slice();
      const first = y.findIndex((v) => !Number.isNaN(v));
      y[first + at] = value(y[first + at]!);
      return judge(plan, { ...good, contents: { ...good.contents, y } }, good).problems.join();
    };
    expect(spoiled(3, (old) => old * (1 + 1e-4))).toMatch(/y \[5,16\]: 1 of 80 wrong; first \[0,3\]/);
    expect(spoiled(-1, () => 0)).toMatch(/memory changed at -1 \(outside/);
    expect(spoiled(80, () => 0)).toMatch(/memory changed at 80 \(outside/);
    expect(spoiled(79, () => Number.NaN)).toMatch(/first \[4,15\] NaN/);
  });
});

describe("reference backend", () => {
  it("writes nothing outside and leaves nothing unwritten, in any case", () => {
    for (const c of conformanceCases) {
      const plan = planOf(c, seed);
      const outcome = expected(c, plan);
      expect(judge(plan, outcome, outcome).problems, `${c.kernel} ${c.label}`).toEqual([]);
    }
  });
  it("keeps account of memory", () => checkMemory(createReferenceBackend()));

  it("an activation in a product's epilogue has the bits of unary", () =>
    expect(activationDifferences(createReferenceBackend(), seed)).toEqual([]));

  it("a wrong activation is seen", () => {
    const b = createReferenceBackend();
    const unary: Backend["unary"] = (p) => {
      b.unary(p);
      if (p.op === "silu") b.affine({ x: p.y, y: p.y, alpha: 1 + 2 ** -22, constant: 0, length: p.length });
    };
    const found = activationDifferences({ ...b, unary }, seed);
    expect(found).toHaveLength(12);
    expect(found[0]).toMatch(/^silu fp32 1×49×19: /);
  });

  it("fails loudly when memory is used after its release, beyond its end or as another type", () => {
    const b = createReferenceBackend();
    const x = { storage: b.allocate("f32", 4), offset: 0 };
    const integers = { storage: b.allocate("i32", 4), offset: 0 };
    const unary = (y: Operand, length: number) => b.unary({ op: "neg", x, y, length });
    expect([...b.read(x, 4)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(() => unary(x, 5)).toThrow(/elements 0 to 5 of a storage of 4/);
    expect(() => unary(integers, 4)).toThrow(/expected f32, found i32/);
    expect(() => b.write(x, Int32Array.of(1))).toThrow(/Int32Array written to f32/);
    b.release(x.storage);
    expect(() => unary(x, 4)).toThrow(/released/);
    expect(() => b.release(x.storage)).toThrow(/released before/);
    b.dispose();
    expect(() => b.read(integers, 1)).toThrow(/released/);
    expect(b.memory().bytes).toBe(0);
    const weight = { storage: b.allocate("f32", 4), offset: 0 };
    const packed = b.pack({ b: weight, n: 2, k: 2, ldb: 2, compute: "fp32" });
    packed.release();
    expect(() => b.matmulPacked({ a: weight, b: packed, c: weight, m: 2, lda: 2, ldc: 2 })).toThrow(
      /released/,
    );
  });
});

/** Kernels of another build, as `npm run test:native:sanitize` and its likes ask for them. */
const bridge = process.env.CYGNET_BRIDGE === undefined ? undefined : connectBridge(process.env.CYGNET_BRIDGE);
const native = bridge === undefined ? loadNative() : { ok: true as const, addon: bridge };
const available = bridge === undefined ? nativeAvailable() : { ok: true as const };
interface Path {
  readonly name: string;
  readonly make: (threads: number) => Backend;
}
/** What the processor has; and with CYGNET_EMULATE=1, as when building, the wide instruction sets on plain vectors. */
const isasOf = (loaded: typeof native) => (loaded.ok ? loaded.addon.isas().split(" ") : []);
const emulate = process.env.CYGNET_EMULATE === "1";
const paths: Path[] = [
  ...isasOf(native).map((isa) => ({ name: isa, options: { isa } })),
  ...(emulate ? isasOf(loadNative(true)) : [])
    .filter((isa) => isa.startsWith("emulated-"))
    .map((isa) => ({ name: isa, options: { isa, emulated: true } })),
]
  .filter(({ name }) => process.env.CYGNET_ISA === undefined || name === process.env.CYGNET_ISA)
  .map(({ name, options }) => ({
    name,
    make: (threads: number) =>
      bridge === undefined
        ? createNativeBackend({ ...options, threads })
        : backendOf(bridge, { ...options, threads }),
  }));

describe.skipIf(!available.ok)(`native backend${available.ok ? "" : ` (skipped: ${available.why})`}`, () => {
  const worst = new Map<string, [number, string]>();
  afterAll(() => {
    if (process.env.CYGNET_CONFORMANCE_REPORT === undefined) return;
    const lines = [...worst]
      .sort(([, a], [, b]) => b[0] - a[0])
      .map(([k, [r, c]]) => `${r.toFixed(3)} ${k} ${c}`);
    console.log(`largest error as a multiple of its tolerance\n${lines.join("\n")}`);
  });

  describe.each(paths)("$name", ({ name, make }) => {
    it("keeps account of memory", () => checkMemory(make(2)));

    it.each(kernelNames)(
      "%s agrees with the reference, and with itself on another number of threads",
      (kernel) => {
        const report = checkKernel(
          kernel,
          seed,
          expected,
          () => make(2),
          () => make(1),
        );
        worst.set(`${kernel} ${name}`, [report.worst, report.worstCase]);
        expect(report.count).toBeGreaterThan(0);
        expect(summary(report.failures)).toBe("");
      },
    );

    it("an activation in a product's epilogue has the bits of unary", () =>
      expect(activationDifferences(make(2), seed)).toEqual([]));

    it("matmulPacked gives the bits of matmul", () => {
      const b = make(2);
      for (const shape of packable) {
        const { plain, packed } = packedPair(shape, createRandom(seed));
        expect(differences(execute(b, plain), execute(b, packed)), JSON.stringify(shape)).toEqual([]);
      }
    });

    it.each(rowInvariance.map((c) => [c.kernel, c.label, c] as const))(
      "%s %s: a row's bits do not depend on its company",
      (_kernel, _label, c) => {
        expect(checkRows(make(2), c, seed)).toEqual([]);
      },
    );
  });
});

/** Each kind of WebAssembly that this Node runs, on two threads and on one; a backend has threads of its own, so one of
 *  each serves all cases. */
const usable = usableWasm();
describe.each(usable.ok ? usable.isas : [])("WebAssembly backend, %s", (isa) => {
  const [two, one] = [2, 1].map((threads) => createWasmBackend({ isa, threads })) as [Backend, Backend];
  afterAll(() => {
    two.dispose();
    one.dispose();
  });

  it("keeps account of memory", () => checkMemory(two));

  it.each(kernelNames)("%s agrees with the reference, and with itself on one thread", (kernel) => {
    const report = checkKernel(
      kernel,
      seed,
      expected,
      () => two,
      () => one,
    );
    expect(report.count).toBeGreaterThan(0);
    expect(summary(report.failures)).toBe("");
  });

  it("an activation in a product's epilogue has the bits of unary", () =>
    expect(activationDifferences(two, seed)).toEqual([]));

  it("matmulPacked gives the bits of matmul", () => {
    for (const shape of packable) {
      const { plain, packed } = packedPair(shape, createRandom(seed));
      expect(differences(execute(two, plain), execute(two, packed)), JSON.stringify(shape)).toEqual([]);
    }
  });

  it("a row's bits do not depend on its company", () => {
    const wrong = rowInvariance.flatMap((c) =>
      checkRows(two, c, seed).map((line) => `${c.kernel} ${c.label}: ${line}`),
    );
    expect(wrong).toEqual([]);
  });
});

it("Node runs both kinds of WebAssembly", () => {
  expect(usable).toMatchObject({ ok: true });
  expect(usable.ok && usable.isas[0]).toBe("simd");
});
