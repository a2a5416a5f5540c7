import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../backends/reference/index.js";
import { Engine } from "../engine.js";
import { linear, sum } from "../ops/index.js";
import { createRandom } from "../random.js";
import { backward } from "../tape.js";
import { CODEBOOKS, dynamicMap } from "./codebooks.js";
import { createFourBitTables, holdInFourBits } from "./hold.js";
import { quantise4 } from "./quantise.js";

const normal = (length: number, seed = 1) => createRandom(seed).fillNormal(new Float32Array(length));

test("codes stand for 16 values between −1 and 1, scales for 256, ascending", () => {
  for (const table of Object.values(CODEBOOKS)) {
    expect(table).toHaveLength(16);
    expect([Math.min(...table), Math.max(...table)]).toEqual([-1, 1]);
  }
  const map = dynamicMap();
  expect(map).toHaveLength(256);
  expect([...map]).toEqual([...new Set(map)].sort((a, b) => a - b));
  expect(map[255]).toBe(1);
});

describe.each(["nf4", "fp4"] as const)("%s", (type) => {
  test.each([1, 2, 63, 64, 65, 851, 4001])("%i numbers: each the nearest there is", (length) => {
    const values = normal(length);
    const { codes, scales } = quantise4(values, { type, double: false });
    const table = CODEBOOKS[type];
    const excess = [...values].map((x, i) => {
      const scale = (scales as Float32Array)[Math.floor(i / 64)]!;
      const byte = codes[i >> 1]!;
      const value = table[i % 2 === 0 ? byte >> 4 : byte & 15]! * scale;
      return Math.abs(value - x) - Math.min(...table.map((t) => Math.abs(t * scale - x)));
    });
    expect(Math.max(...excess)).toBeLessThan(1e-6);
  });
});

test("zeros and a block of zeros stay zeros", () => {
  const { codes, scales } = quantise4(new Float32Array(128), { double: false });
  expect(new Set(codes)).toEqual(new Set([0x77]));
  expect([...(scales as Float32Array)]).toEqual([0, 0]);
});

function setting() {
  const engine = new Engine({ backend: createReferenceBackend() });
  const tables = createFourBitTables(engine, "nf4");
  const own = engine.backend.memory().bytes;
  return { engine, tables, own };
}

describe("a weight held in four bits", () => {
  test("takes 4.13 bits a number with double quantisation, 4.5 without", () => {
    for (const [double, bits] of [
      [true, 4.13],
      [false, 4.5],
    ] as const) {
      const { engine, tables, own } = setting();
      const w = engine.parameter([256, 512], "w").write(normal(256 * 512));
      const bytes = holdInFourBits(w, tables, { double });
      expect(engine.backend.memory().bytes - own).toBe(bytes);
      expect((8 * bytes) / w.size).toBeCloseTo(bits, 2);
      w.dispose();
      expect(engine.backend.memory().bytes).toBe(own);
      tables.dispose();
      expect(engine.backend.memory().bytes).toBe(0);
    }
  });

  test("a product with it is one with the numbers it stands for, to the bit, and so is its backward; then it is as it was", () => {
    const { engine, tables } = setting();
    const held = engine.parameter([6, 64], "w").write(normal(6 * 64));
    holdInFourBits(held, tables);
    const plain = engine.parameter([6, 64], "w").write(held.readFloats());
    plain.requiresGrad = false;
    // Reading took the memory: give it back, as a scope of the model would.
    const again = engine.parameter([6, 64], "w").write(normal(6 * 64));
    holdInFourBits(again, tables);
    const run = (w: typeof held) => {
      const x = engine.parameter([3, 64], "x").write(normal(192, 2));
      const y = engine.scope(() => {
        const product = linear(x, w, { activation: "silu" });
        const values = product.readFloats();
        backward(sum(product));
        return values as unknown as Float32Array;
      });
      return [y, x.grad!.readFloats()];
    };
    const bytes = engine.backend.memory().bytes;
    expect(run(again)).toEqual(run(plain));
    expect(again.shared.storage).toBeNull();
    expect(again.requiresGrad).toBe(false);
    expect(engine.backend.memory().bytes - bytes).toBe(2 * 2 * 192 * 4); // the two x and their gradients
  });

  test("is not written to, and not packed for generation", () => {
    const { engine, tables } = setting();
    const w = engine.parameter([4, 16], "w").write(normal(64));
    holdInFourBits(w, tables, { block: 16 });
    expect(() => w.write(new Float32Array(64))).toThrow(/would be lost/);
    expect(() => holdInFourBits(w, tables)).toThrow(/already/);
    engine.keepPacked();
    engine.noGrad(() => expect(engine.packedWeight(w, 4, 16, true)).toBeNull());
  });

  test("numbers that are not finite are refused", () => {
    const { engine, tables } = setting();
    const w = engine.parameter([2, 16], "w").write(normal(32).fill(Number.NaN, 3, 4));
    expect(() => holdInFourBits(w, tables)).toThrow(/w: holds numbers that are not finite/);
  });
});
