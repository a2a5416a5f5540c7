import { describe, expect, it } from "vitest";
import { bf16FromBits, fromBf16, roundToBf16, toBf16 } from "./bf16.js";

const bitsOf = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0]!;
const rounded = (x: number) => roundToBf16(new Float32Array([x]))[0]!;

describe("bf16", () => {
  it("rounds to the nearest, ties to even", () => {
    const ulp = 2 ** -7;
    expect(rounded(1 + ulp / 2)).toBe(1); // a tie, down to the even mantissa
    expect(rounded(1 + 1.5 * ulp)).toBe(1 + 2 * ulp); // a tie, up to the even mantissa
    expect(rounded(1 + ulp / 2 + 2 ** -20)).toBe(1 + ulp);
    expect(rounded(-1 - ulp / 2 + 2 ** -20)).toBe(-1);
    expect(rounded(Math.fround(3.14159274))).toBe(3.140625);
  });

  it("is never further from a float32 than its neighbours", () => {
    let state = 1;
    for (let i = 0; i < 20000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const x = new Float32Array(new Uint32Array([state]).buffer)[0]!;
      if (!Number.isFinite(x)) continue;
      const [below, above] = [state & 0xffff0000, (state & 0xffff0000) + 0x10000].map(
        (b) => new Float32Array(new Uint32Array([b]).buffer)[0]!,
      );
      const y = rounded(x);
      expect(y === below || y === above).toBe(true);
      if (Number.isFinite(above!))
        expect(Math.abs(y - x)).toBe(Math.min(Math.abs(x - below!), Math.abs(above! - x)));
    }
  });

  it("keeps zero's sign, infinity and NaN, and overflows to infinity", () => {
    expect(Object.is(rounded(-0), -0)).toBe(true);
    expect(rounded(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(rounded(3.4028234663852886e38)).toBe(Number.POSITIVE_INFINITY);
    // Signalling and quiet NaN of either sign whose payload lies in the lower half only.
    for (const nan of [0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff, 0x7fc00000]) {
      expect(Number.isNaN(fromBf16(Uint16Array.of(bf16FromBits(nan)))[0])).toBe(true);
    }
    expect(bf16FromBits(bitsOf(1e-40))).toBe(0x0001); // subnormal, kept
  });

  it("returns from 16 bits what it wrote, for every number", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((b) => (b & 0x7fff) <= 0x7f80);
    expect(toBf16(fromBf16(all))).toEqual(all);
  });
});
