import { appendFileSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratch } from "../../test/support/training.js";
import type { StepEvent } from "./events.js";
import { openMetrics, readMetrics } from "./metrics.js";

const at = scratch();
const step = (n: number): StepEvent => ({
  type: "step",
  step: n,
  steps: 9,
  loss: 1 / 3,
  lr: 0.1,
  gradNorm: 1,
  targets: 8,
  tokens: 8 * n,
  tokensPerSecond: 100,
  peakShare: Number.NaN,
  elapsedMs: 1,
  leftMs: 1,
  epochs: 0,
});

test("a torn last line and the steps after the checkpoint are dropped on resume", () => {
  const file = at("metrics.jsonl");
  const log = openMetrics(file, 0);
  for (const n of [1, 2]) log.add(step(n));
  log.add({
    type: "validation",
    step: 2,
    final: false,
    loss: 1,
    perplexity: Math.E,
    bitsPerByte: 1,
    bitsPerCharacter: 1,
    tokens: 5,
  });
  log.add({ type: "sample", step: 2, text: "Once" });
  log.add(step(3));
  appendFileSync(file, '{"step":4,"lo');
  const again = openMetrics(file, 2);
  again.add(step(3));
  const all = readMetrics(file);
  expect(all.steps.map((s) => s.step)).toEqual([1, 2, 3]);
  expect([all.validations.length, all.samples.length]).toEqual([1, 1]);
  expect(all.steps[0]!.loss).toBe(1 / 3);
  expect(readFileSync(file, "utf8").endsWith("}\n")).toBe(true);
});
