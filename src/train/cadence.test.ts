import { expect, test } from "vitest";
import { cadenceOf } from "./cadence.js";
import { checkRecipe } from "./config/index.js";

test.each([
  [1000, 4096],
  [100_000, 65_536],
  [60, 512],
])("validations of a run of %i steps of %i tokens cost at most a twentieth of it", (steps, tokens) => {
  const { evaluateEvery, evaluateTokens } = cadenceOf(checkRecipe({}), steps, tokens, 256);
  const validations = Math.floor(steps / evaluateEvery);
  expect(validations).toBeGreaterThan(4);
  expect((validations * evaluateTokens) / 3 / (steps * tokens)).toBeLessThan(0.05);
});

test("what the recipe says counts", () => {
  const recipe = checkRecipe({ evaluateEvery: 7, evaluateTokens: 512, sampleEvery: 3 });
  expect(cadenceOf(recipe, 1000, 4096, 256)).toEqual({
    evaluateEvery: 7,
    evaluateTokens: 512,
    sampleEvery: 3,
  });
});
