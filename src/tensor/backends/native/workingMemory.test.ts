import { describe, expect, it } from "vitest";
import { isUserError } from "../../../platform/errors.js";
import type { Backend, Operand, Storage } from "../../backend.js";
import { loadNative } from "./addon.js";
import { createNativeBackend, nativeAvailable } from "./index.js";

const MIB = 2 ** 20;
const emulate = process.env.CYGNET_EMULATE === "1";
const loaded = loadNative(emulate);
const isas = loaded.ok ? loaded.addon.isas().split(" ") : [];

/** Products small in A and small in B, of both precisions, and attention: kernels whose threads take working memory. */
function works(b: Backend, one: Operand, two: Operand, out: Operand): { name: string; run: () => void }[] {
  const products = (["fp32", "bf16"] as const).flatMap((compute) =>
    [
      { m: 40, n: 512, k: 512 },
      { m: 512, n: 512, k: 512 },
    ].map((size) => ({
      name: "matmul",
      run: () =>
        b.matmul({ a: one, b: two, c: out, ...size, lda: size.k, ldb: size.n, ldc: size.n, compute }),
    })),
  );
  const ranges = { storage: b.allocate("i32", 2 * 512), offset: 0 };
  b.write(
    ranges,
    Int32Array.from({ length: 1024 }, (_, i) => (i % 2) * 512),
  );
  const shape = {
    batch: 1,
    tq: 512,
    tk: 512,
    heads: 8,
    kvHeads: 8,
    dim: 64,
    scale: 0.1,
    compute: "fp32",
  } as const;
  const rows = { ldq: 512, ldk: 512, ldv: 512, ldo: 512, strideQ: 0, strideK: 0, strideV: 0, strideO: 0 };
  const attention = { q: one, k: two, v: two, o: out, ranges, ...shape, ...rows };
  return [...products, { name: "attention", run: () => b.attention(attention) }];
}

/** All memory but so many MiB, in one piece that nobody touches. */
function allBut(b: Backend, limit: number, left: number): Storage {
  for (let bytes = limit - b.memory().bytes; ; bytes -= MIB) {
    try {
      b.release(b.allocate("f32", Math.floor(bytes / 4)));
    } catch {
      continue;
    }
    return b.allocate("f32", Math.floor((bytes - left * MIB) / 4));
  }
}

describe.skipIf(!nativeAvailable().ok)("working memory that cannot be had", () => {
  // Buffers are kept between calls and grow only: an instruction set after the first may find what it needs.
  it.each(isas)(
    "is an error of the call, whichever thread asks and in whatever loop; the next call is right: %s",
    (isa) => {
      const b = createNativeBackend({ isa, threads: 2, emulated: emulate });
      const { limit } = (loaded as { addon: { memory(): { limit: number } } }).addon.memory();
      const length = 512 * 512;
      const place = (): Operand => ({ storage: b.allocate("f32", length), offset: 0 });
      const [one, two, out] = [place(), place(), place()];
      const numbers = Float32Array.from({ length }, (_, i) => Math.sin(i));
      for (const x of [one, two]) b.write(x, numbers);
      let refused = 0;
      const done = new Map<number, number>();
      const all = works(b, one, two, out);
      for (let left = 0; left <= 40; left += 4) {
        const hog = allBut(b, limit, left);
        all.forEach(({ name, run }, i) => {
          try {
            run();
            const sum = b.sumSquares(out, 512 * 40);
            expect(done.get(i) ?? sum).toBe(sum);
            done.set(i, sum);
          } catch (error) {
            refused++;
            expect(isUserError(error) && error.code).toBe("out-of-memory");
            expect((error as Error).message).toMatch(
              new RegExp(`for the work of (${name}|sum_squares); found a request of \\d`),
            );
          }
        });
        b.release(hog);
      }
      expect(done.size).toBe(all.length);
      if (isa === isas[0]) expect(refused).toBeGreaterThan(all.length);
      for (const { storage } of [one, two, out]) b.release(storage);
    },
  );
});
