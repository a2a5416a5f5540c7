import { describe, expect, it } from "vitest";
import { describeModel } from "./describe.js";
import { knownModels } from "./known.js";

const of = (name: string, context?: number) =>
  describeModel(knownModels[name]!, context === undefined ? {} : { context });

describe("published shapes", () => {
  it.each([
    ["gpt2", 124_439_808],
    ["gpt2-xl", 1_557_611_200],
    ["t5-small", 60_506_624],
    ["llama-3-8b", 8_030_261_248],
    ["mistral-7b", 7_241_732_096],
    ["qwen3-0.6b", 596_049_920],
  ])("%s has %i parameters", (name, parameters) => {
    expect(of(name).parameters).toBe(parameters);
  });

  it("gives GPT-3 its 175 billion parameters, and 96 layers drawn once", () => {
    const { parameters, tree } = of("gpt3");
    expect(parameters / 1e9).toBeCloseTo(174.6, 1);
    const layers = tree[0]!.children.find((n) => n.name === "h")!;
    expect(layers.children).toHaveLength(1);
    expect(layers.children[0]).toMatchObject({ name: "0 … 95", count: 96 });
  });

  it("counts the original transformer as its paper does: 65 and 213 million", () => {
    expect(of("transformer-base").parameters / 1e6).toBeCloseTo(63, 0);
    expect(of("transformer-big").parameters / 1e6).toBeCloseTo(214, 0);
  });
});

describe("arithmetic", () => {
  it("counts 2 a weight and token, the tied output included, positions not, and keys that are seen", () => {
    const { multiplied, forwardFlops, cacheBytesPerToken } = of("gpt2", 10);
    const weights = 12 * (12 * 768 * 768) + 50_257 * 768;
    expect(multiplied).toBe(weights);
    expect(forwardFlops).toBe(2 * weights * 10 + (12 * 4 * 768 * 10 * 11) / 2);
    expect(cacheBytesPerToken).toBe(2 * 12 * 768 * 4);
  });

  it("tells layers of different shapes apart", () => {
    const tree = describeModel({
      ...knownModels["t5-small"],
      num_layers: 3,
      num_decoder_layers: 2,
    }).tree.find((n) => n.name === "encoder")!;
    // Only the first layer holds the bias of relative positions.
    expect(tree.children[0]!.children.map((n) => [n.name, n.count])).toEqual([
      ["0", 1],
      ["1 … 2", 2],
    ]);
  });
});
