import { describe, expect, it } from "vitest";
import { describeModel, knownModels } from "../../models/index.js";
import { draw } from "./model.js";

describe("inspect model", () => {
  it("draws GPT-3 without making it: layers once, what it costs", () => {
    const text = draw(describeModel(knownModels.gpt3!), 9);
    expect(text).toContain("0 … 95 (96×)");
    expect(text).toMatch(/c_attn {2,}453\.02 M/);
    expect(text).toMatch(/parameters {2,}174\.60 G \(shared: lm_head\.weight = transformer\.wte\.weight\)/);
    expect(text).toMatch(/forward of 2,048 tokens +724\.\d\d TFLOP/);
    expect(text.split("\n").length).toBeLessThan(40);
  });

  it("shows as many levels as asked", () => {
    const text = draw(describeModel(knownModels["t5-small"]!), 1);
    expect(text).toContain("encoder");
    expect(text).not.toContain("SelfAttention");
  });
});
