import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hashOf, scratch, tiny, writeText } from "../../test/support/training.js";
import { loadModel } from "../models/index.js";
import type { UserError } from "../platform/errors.js";
import { createEngine } from "../tensor/index.js";
import type { TrainEvent } from "./events.js";
import { readMetrics } from "./metrics.js";
import { pretrain } from "./pretrain.js";

const at = scratch();
const data = writeText(at("text.txt"));
const weights = (out: string) => hashOf(join(out, "model", "model.safetensors"));

/** Runs until `step` steps are done, then stops as Ctrl-C does. */
async function runUntil(step: number, out: string, more: object = {}): Promise<TrainEvent[]> {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  await pretrain(
    { ...tiny(data, out), ...more },
    {
      signal: controller.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.type === "step" && event.step === step) controller.abort();
      },
    },
  );
  return events;
}

describe("pretrain", () => {
  test("leaves a model that loads, a report, metrics and the lineage", async () => {
    const out = at("whole");
    const events: TrainEvent[] = [];
    const run = await pretrain(tiny(data, out), { onEvent: (e) => events.push(e) });
    expect(run.finished).toBe(true);
    const engine = createEngine();
    const model = loadModel(run.model, { engine });
    expect([model.layers, model.dim, model.contextLength]).toEqual([1, 16, 16]);
    engine.dispose();
    const losses = events.filter((e) => e.type === "step").map((e) => e.loss);
    expect(losses).toHaveLength(12);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.3);
    expect(losses[0]!).toBeCloseTo(Math.log(model.vocabSize), 0);
    const { validation } = run.metrics;
    expect(validation!.perplexity).toBeCloseTo(Math.exp(validation!.loss), 6);
    // Every token of the validation text is counted once, whatever its document.
    expect(validation!.bitsPerByte).toBeCloseTo(
      (validation!.loss * validation!.tokens) / Math.LN2 / lineage(out).validationBytes,
      9,
    );
    expect(readMetrics(join(out, "metrics.jsonl")).steps.map((s) => s.step)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    const report = readFileSync(run.report, "utf8");
    expect(report).toContain("<svg");
    expect(report).not.toMatch(/https?:\/\/|src=/);
  });

  function lineage(out: string): { validationBytes: number } {
    const header = readFileSync(join(out, "data", "shards", "validation-00000.bin"), "latin1").split(
      "\n",
    )[1]!;
    return { validationBytes: (JSON.parse(header) as { bytes: number }).bytes };
  }

  test.each([
    ["muon", {}],
    ["adamw", { optimizer: "adamw", family: "gpt2", packing: "documents" }],
    ["dropout of attention", { dropout: 0.2 }],
    ["dropout", { family: "gpt2", dropout: 0.2, microBatch: 2 }],
    ["an average of the weights", { ema: 0.9, tieEmbeddings: false }],
  ] as const)("stopped and resumed, it ends with the same bits: %s", async (name, more) => {
    const [whole, parts] = [at(`${name}-whole`), at(`${name}-parts`)];
    await pretrain({ ...tiny(data, whole), ...more });
    await runUntil(5, parts, more);
    const stopped = weights(parts);
    await runUntil(9, parts, { resume: true, ...more });
    const run = await pretrain({ out: parts, resume: true });
    expect(run.finished).toBe(true);
    expect(weights(parts)).toBe(weights(whole));
    expect(stopped).not.toBe(weights(whole));
    const losses = (out: string) => readMetrics(join(out, "metrics.jsonl")).steps.map((s) => s.loss);
    expect(losses(parts)).toEqual(losses(whole));
  });

  test("another seed gives other bits, more threads the same", async () => {
    const run = async (name: string, more: object) => {
      await pretrain({ ...tiny(data, at(name)), steps: 3, ...more });
      return weights(at(name));
    };
    const one = await run("seed-1", { threads: 1 });
    expect(await run("seed-1b", { threads: 2 })).toBe(one);
    expect(await run("seed-2", { seed: 2 })).not.toBe(one);
  });

  test("a finished run that is resumed does nothing and says what it has", async () => {
    const out = at("again");
    await pretrain({ ...tiny(data, out), steps: 3 });
    const before = weights(out);
    const run = await pretrain({ out, resume: true });
    expect([run.finished, run.metrics.steps, weights(out)]).toEqual([true, 3, before]);
  });

  test("a run is not overwritten, changed or resumed from nothing by mistake", async () => {
    const out = at("guarded");
    await pretrain({ ...tiny(data, out), steps: 2 });
    await expect(pretrain(tiny(data, out))).rejects.toMatchObject({ code: "run-exists" });
    await expect(pretrain({ out, resume: true, lr: 0.5 })).rejects.toMatchObject({
      code: "recipe-changed",
      detail: { at: "lr" },
    });
    await expect(pretrain({ out: at("nothing"), resume: true })).rejects.toMatchObject({
      code: "run-missing",
    });
    writeFileSync(join(out, "notes.txt"), "mine");
    await pretrain({ ...tiny(data, out), steps: 2, overwrite: true });
    expect(readdirSync(out)).toContain("notes.txt");
  });

  test("a start that failed is in nobody's way, and a senseless recipe fails before any work", async () => {
    const out = at("false-start");
    const wrong = pretrain({ ...tiny(at("no-such-file.txt"), out), steps: 2 });
    await expect(wrong).rejects.toMatchObject({ code: "file-missing" });
    const odd = pretrain({ ...tiny(at("no-such-file.txt"), out), heads: 3 });
    await expect(odd).rejects.toMatchObject({ code: "recipe-shape", detail: { at: "heads" } });
    expect((await pretrain({ ...tiny(data, out), steps: 2 })).finished).toBe(true);
  });

  test("a loss that is no number stops the run and names the step", async () => {
    const run = pretrain({ ...tiny(data, at("nan")), lr: 1e30, embeddingLr: 1e30, warmup: 0 });
    await expect(run).rejects.toMatchObject({
      code: "loss-not-finite",
      message: expect.stringMatching(/^step \d+: /),
      detail: { fix: expect.stringMatching(/--resume --debug-numerics/) },
    });
  });

  test("gone on with --debug-numerics, it names the same step, the operation, its layer and the last checkpoint", async () => {
    const out = at("nan-found");
    const wild = {
      ...tiny(data, out),
      steps: 40,
      lr: 1e36,
      embeddingLr: 1e36,
      warmup: 0,
      checkpointSeconds: 1e-9,
    };
    const blind = await pretrain(wild).catch((error: UserError) => error as UserError);
    const { at: step } = (blind as UserError).detail;
    await expect(pretrain({ out, resume: true, debugNumerics: true })).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringMatching(
        new RegExp(`^${step}, .*(embedding|layer \\d|loss|optimiser): \\w+ .*is the first operation to make`),
      ),
      detail: { fix: expect.stringMatching(/the last good checkpoint is .*checkpoints/) },
    });
    expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8")).given.debugNumerics).toBeUndefined();
  });

  test("characters as tokens: bits a character are the loss itself", async () => {
    const run = await pretrain({
      ...tiny(data, at("characters")),
      vocabSize: undefined,
      characters: true,
      steps: 3,
    });
    const { loss, tokens, bitsPerCharacter } = run.metrics.validation!;
    // One end-of-text a document is predicted besides the characters.
    expect(bitsPerCharacter).toBeGreaterThan(loss / Math.LN2);
    expect(bitsPerCharacter).toBeLessThan((loss / Math.LN2) * 1.02);
    expect(tokens).toBeGreaterThan(100);
  });
});
