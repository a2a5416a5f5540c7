import { describe, expect, it } from "vitest";
import { createRandom, philox, restoreRandom } from "./random.js";

const moments = (x: Float32Array) => {
  let mean = 0;
  for (const v of x) mean += v / x.length;
  const about = (power: number) => x.reduce((sum, v) => sum + (v - mean) ** power, 0) / x.length;
  return { mean, variance: about(2), skew: about(3), fourth: about(4) };
};

describe("philox", () => {
  // Known answers that the authors publish with Random123 (philox4x32, 10 rounds).
  it.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [Array(4).fill(0xffffffff), Array(2).fill(0xffffffff), "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ])("of %j with key %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    const [c0, c1, c2, c3] = counter as [number, number, number, number];
    philox(c0, c1, c2, c3, key[0]!, key[1]!, out);
    expect([...out].map((x) => x.toString(16).padStart(8, "0")).join(" ")).toBe(expected);
  });
});

describe("random", () => {
  it("starts with the same values on every machine", () => {
    const random = createRandom(42);
    expect([random.word(), random.word(), random.uniform(), random.integer(1000), random.normal()]).toEqual(
      FIRST,
    );
    expect([...createRandom(42).stream("wte.weight").fillNormal(new Float32Array(4))]).toEqual(FIRST_NORMAL);
  });

  it("has the moments of the uniform distribution", () => {
    const n = 200_000;
    const x = createRandom(1).fillUniform(new Float32Array(n), -1, 3);
    const { mean, variance } = moments(x);
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(16 / 12 / n));
    expect(Math.abs(variance - 16 / 12)).toBeLessThan(0.02);
    expect(Math.min(...x.subarray(0, 1000))).toBeGreaterThanOrEqual(-1);
  });

  it("has the moments and tails of the normal distribution", () => {
    const n = 400_000;
    const { mean, variance, skew, fourth } = moments(createRandom(2).fillNormal(new Float32Array(n)));
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(skew)).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const beyond = createRandom(3)
      .fillNormal(new Float32Array(n))
      .filter((v) => Math.abs(v) > 1.959964).length;
    expect(Math.abs(beyond - 0.05 * n)).toBeLessThan(5 * Math.sqrt(0.05 * 0.95 * n));
  });

  it("agrees with Math.log and Math.cos to the last digits", () => {
    const [a, b] = [createRandom(7), createRandom(7)];
    for (let i = 0; i < 10_000; i++) {
      const [u, v] = [(b.word() + 0.5) / 2 ** 32, b.word() / 2 ** 32];
      expect(a.normal()).toBeCloseTo(Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v), 13);
    }
  });

  it("continues where its state was taken, through JSON", () => {
    const random = createRandom(9).stream("dropout");
    for (let i = 0; i < 7; i++) random.word();
    const later = restoreRandom(JSON.parse(JSON.stringify(random.state())));
    expect([later.word(), later.normal(), later.integer(10)]).toEqual([
      random.word(),
      random.normal(),
      random.integer(10),
    ]);
  });

  it("has streams that do not depend on what was drawn before, and differ", () => {
    const first = createRandom(5);
    const before = first.stream("a").word();
    first.normal();
    expect(first.stream("a").word()).toBe(before);
    const words = new Set(
      ["", "a", "b", "ab", "ba", "layer.1", "layer.10", "layer.11"].map((n) => first.stream(n).word()),
    );
    for (const seed of [6, 2 ** 32 + 5, 2 ** 53 - 1]) words.add(createRandom(seed).stream("a").word());
    words.add(first.stream("a").stream("a").word());
    expect(words.size).toBe(12);
  });

  it("draws integers and permutations fairly", () => {
    const random = createRandom(11);
    const counts = new Int32Array(6);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]!++;
    for (const c of counts) expect(Math.abs(c - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    const orders = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join("");
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const c of orders.values()) expect(Math.abs(c - 1000)).toBeLessThan(5 * Math.sqrt(1000));
    expect(random.permutation(0).length).toBe(0);
  });

  it("refuses seeds and sizes that are none", () => {
    expect(() => createRandom(-1)).toThrow(RangeError);
    expect(() => createRandom(1.5)).toThrow(RangeError);
    expect(() => createRandom(1).integer(0)).toThrow(RangeError);
  });
});

const FIRST = [2632642643, 2012563771, 0.07323173687503892, 303, -1.4893561068684666];
const FIRST_NORMAL = [-2.159459352493286, 0.19708742201328278, -1.775429368019104, 0.40619856119155884];
