import { describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../tensor/backends/reference/index.js";
import { Engine, rope } from "../../tensor/index.js";
import { type RopeParameters, ropeFrequencies, scaledContext } from "./frequencies.js";
import { createRopeTables } from "./tables.js";

const theta = { rope_theta: 10_000 };
const plain: RopeParameters = { rope_type: "default", ...theta };
const frequencies = (p: RopeParameters, length = 1) => [...ropeFrequencies(p, 8, 32, length).invFreq];

describe("frequencies", () => {
  it("halve with each pair as the base says", () => {
    expect(frequencies(plain)).toEqual([1, 0.1, 0.01, 0.001].map((f) => expect.closeTo(f, 12)));
  });

  it("are divided by linear scaling, and left by dynamic scaling until the sequence is longer than trained", () => {
    expect(frequencies({ rope_type: "linear", ...theta, factor: 4 })).toEqual(
      frequencies(plain).map((f) => f / 4),
    );
    const dynamic: RopeParameters = { rope_type: "dynamic", ...theta, factor: 2 };
    expect(frequencies(dynamic, 32)).toEqual(frequencies(plain));
    expect(frequencies(dynamic, 33)[3]!).toBeLessThan(frequencies(plain)[3]!);
    expect(frequencies(dynamic, 33)[0]).toBe(1);
  });

  it("keep short waves and stretch long ones (llama3, yarn)", () => {
    const llama3 = frequencies({
      rope_type: "llama3",
      ...theta,
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    });
    expect(llama3[0]).toBe(1);
    expect(llama3[3]).toBeCloseTo(0.001 / 8, 12);
    const yarn = frequencies({
      rope_type: "yarn",
      ...theta,
      factor: 8,
      original_max_position_embeddings: 64,
    });
    expect(yarn[0]).toBe(1);
    expect(yarn[3]).toBeCloseTo(0.001 / 8, 12);
  });

  it("change list with the length (longrope)", () => {
    const p: RopeParameters = {
      rope_type: "longrope",
      ...theta,
      original_max_position_embeddings: 16,
      short_factor: [1, 1, 1, 1],
      long_factor: [2, 2, 2, 2],
    };
    expect(frequencies(p, 16)).toEqual(frequencies(plain));
    expect(frequencies(p, 17)).toEqual(frequencies(plain).map((f) => f / 2));
    expect(ropeFrequencies(p, 8, 32, 1).attentionFactor).toBeCloseTo(
      Math.sqrt(1 + Math.log(2) / Math.log(16)),
      12,
    );
  });

  it("say how far a scaled model reaches", () => {
    expect(scaledContext(plain, 32)).toBe(32);
    expect(scaledContext({ rope_type: "dynamic", ...theta, factor: 2 }, 32)).toBe(64);
    expect(
      scaledContext({ rope_type: "yarn", ...theta, factor: 4, original_max_position_embeddings: 32 }, 32),
    ).toBe(128);
  });
});

describe("tables", () => {
  it("make a product of query and key depend on their distance alone, at every place", () => {
    const engine = new Engine({ backend: createReferenceBackend() });
    const tables = createRopeTables(engine, { parameters: plain, dim: 8, maxPositions: 1024 });
    const turned = (values: number[], position: number) => {
      const { cos, sin } = tables.at(Int32Array.of(position));
      return rope(engine.tensor(values, [1, 1, 8]), cos, sin, 8).readFloats();
    };
    const [q, k] = [
      [1, -2, 3, 0.5, 0.1, 2, -1, 1],
      [0.3, 1, -1, 2, 1, -0.5, 0.7, 1],
    ];
    const product = (m: number, n: number) =>
      turned(q!, m).reduce((sum, x, i) => sum + x * turned(k!, n)[i]!, 0);
    for (const m of [0, 5, 70, 700]) expect(product(m + 3, m)).toBeCloseTo(product(3, 0), 4);
    expect(Math.abs(product(4, 0) - product(3, 0))).toBeGreaterThan(0.1);
  });

  it("give the same bits whatever was asked before, and free what they held", () => {
    const engine = new Engine({ backend: createReferenceBackend() });
    const before = engine.backend.memory().bytes;
    const tables = createRopeTables(engine, { parameters: plain, dim: 8, maxPositions: 1024 });
    const at = (p: number) => engine.scope(() => tables.at(Int32Array.of(p)).cos.readFloats());
    const first = at(3);
    at(500);
    expect(at(3)).toEqual(first);
    tables.dispose();
    expect(engine.backend.memory().bytes).toBe(before);
  });
});
