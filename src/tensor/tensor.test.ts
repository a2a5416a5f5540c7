import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "./backends/reference/index.js";
import { roundToBf16 } from "./bf16.js";
import { Engine } from "./engine.js";

describe("a tensor in bf16", () => {
  const engine = new Engine({ backend: createReferenceBackend() });
  const values = Float32Array.of(1, -0.1, Math.PI, 1e-30);

  it("takes floats, rounded, or bits, and gives both back", () => {
    const t = engine.empty([4], "bf16").write(values);
    expect(t.readFloats()).toEqual(roundToBf16(values.slice()));
    expect(t.read()).toBeInstanceOf(Uint16Array);
    expect(engine.empty([4], "bf16").write(t.read()).readFloats()).toEqual(t.readFloats());
    expect(t.alias([1], 1).item()).toBe(Math.fround(roundToBf16(values.slice())[1]!));
  });

  it("holds a constant, and is read as floats only if it holds some", () => {
    expect(engine.full([3], 0.1, "bf16").readFloats()).toEqual(roundToBf16(new Float32Array(3).fill(0.1)));
    expect(() => engine.zeros([2], "i32").readFloats()).toThrow(/floating-point/);
  });
});
