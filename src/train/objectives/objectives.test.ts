import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hashOf, scratch, tiny, writeText } from "../../../test/support/training.js";
import { loadMaskFiller, loadText2Text } from "../../generate/index.js";
import type { PretrainConfig } from "../config/index.js";
import type { TrainEvent } from "../events.js";
import { readMetrics } from "../metrics.js";
import { pretrain } from "../pretrain.js";

const at = scratch();
const text = writeText(at("text.txt"));
const weights = (out: string) => hashOf(join(out, "model", "model.safetensors"));

/** Pairs whose target spells the source's numbers as words: a rule that a small model learns at once. */
function writePairs(name: string, count: number, from: number): string {
  const words = ["zero", "one", "two", "three", "four", "five"];
  const lines = Array.from({ length: count }, (_, i) => {
    const digits = Array.from({ length: 2 + ((i + from) % 3) }, (_, k) => ((i + from) * (k + 3) + k * k) % 6);
    return `${digits.join(" ")}\t${digits.map((d) => words[d]).join(" ")}`;
  });
  const file = at(name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const pairs = writePairs("train.tsv", 400, 0);
const heldOut = writePairs("validation.tsv", 40, 1000);
const { vocabSize: _, ...small } = tiny(text, at("unused"));

const RECIPES: Record<string, PretrainConfig> = {
  masked: { ...small, objective: "masked", wholeWord: true, dropout: 0.1, steps: 30 },
  "masked, ModernBERT": { ...small, objective: "masked", family: "modernbert", packing: "documents" },
  pairs: { ...small, data: pairs, validation: heldOut, objective: "seq2seq", dropout: 0.1, microBatch: 2 },
  spans: { ...small, objective: "seq2seq", family: "t5", context: 24 },
  "spans, BART": { ...small, objective: "seq2seq", family: "bart", context: 24 },
};

describe.each(Object.entries(RECIPES))("%s", (name, recipe) => {
  test("stopped and resumed, it ends with the same bits; its report stands", async () => {
    const [whole, parts] = [at(`${name}-whole`), at(`${name}-parts`)];
    const run = await pretrain({ ...recipe, out: whole });
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.type === "step" && event.step === 5) controller.abort();
    };
    await pretrain({ ...recipe, out: parts }, { signal: controller.signal, onEvent });
    expect((await pretrain({ out: parts, resume: true })).finished).toBe(true);
    expect(weights(parts)).toBe(weights(whole));
    const { steps, samples } = readMetrics(join(whole, "metrics.jsonl"));
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
    expect(samples.length).toBeGreaterThan(0);
    expect(readFileSync(run.report, "utf8")).not.toMatch(/undefined|NaN/);
  });
});

test("masked words are measured beside the frequencies, and the model fills in masks", async () => {
  const out = at("fills");
  const recipe = { ...small, objective: "masked", out, steps: 150, dim: 32, batch: 16 } as const;
  const { validation } = (await pretrain(recipe)).metrics;
  expect(validation!.accuracy!).toBeGreaterThan(0);
  expect(validation!.unigramAccuracy!).toBeLessThan(0.5);
  expect(validation!.loss).toBeLessThan(validation!.unigramLoss! + 0.1);
  const filler = loadMaskFiller(join(out, "model"));
  const [guesses] = filler.fillMask(`the ${filler.mask} saw a red hen`, { top: 3 });
  expect(guesses).toHaveLength(3);
  filler.dispose();
});

test("a small transformer learns a rule from pairs, and writes by it", async () => {
  const out = at("rule");
  const recipe = {
    ...small,
    ...{ data: pairs, validation: heldOut, out, labelSmoothing: 0 },
    ...{ dim: 48, depth: 2, heads: 2, batch: 32, steps: 250, evaluateEvery: 250 },
    objective: "seq2seq",
  } as const;
  const { validation } = (await pretrain(recipe)).metrics;
  expect(validation!.bleu!).toBeGreaterThan(80);
  const model = loadText2Text(join(out, "model"));
  const rows = readFileSync(heldOut, "utf8")
    .trim()
    .split("\n")
    .map((row) => row.split("\t"));
  const written = await model.generate(rows.map(([source]) => source!));
  expect(written.filter((text, i) => text === rows[i]![1]).length).toBeGreaterThan(30);
  model.dispose();
}, 120_000);

describe("what cannot be learned is refused before any work", () => {
  const refused = (more: object, code: string, where?: string) =>
    expect(pretrain({ ...small, out: at("refused"), ...more } as PretrainConfig)).rejects.toMatchObject({
      code,
      ...(where === undefined ? {} : { detail: { at: where } }),
    });
  test("a family of another objective", () =>
    refused({ objective: "masked", family: "gpt2" }, "recipe-contradiction", "family"));
  test("settings of another objective", () =>
    refused({ labelSmoothing: 0.1 }, "recipe-contradiction", "labelSmoothing"));
  test("a source without its targets", () =>
    refused({ objective: "seq2seq", data: undefined, source: pairs }, "pairs-missing"));
  test("files of different length", () =>
    refused({ objective: "seq2seq", data: undefined, source: pairs, target: heldOut }, "pairs-misaligned"));
  test("a tokenizer without a mask", async () => {
    await pretrain({ ...small, out: at("plain"), steps: 1 });
    await refused({ objective: "masked", tokenizer: join(at("plain"), "model") }, "tokenizer-unfit");
  });
});
