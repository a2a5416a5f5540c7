import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { caseLine } from "./report.js";
import { type CaseResult, findCases, runCases } from "./run.js";

const models = "../shared/parity/models";
const here =
  /^(gpt|llama|mistral|qwen|gemma|phi3|olmo2|smollm3|mixtral|bert|distilbert|roberta|modernbert|formats|bad-checkpoints|positions)/;

async function collect(root: string, wanted: (name: string) => boolean): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const r of runCases(
    findCases(root).filter((c) => wanted(c.name)),
    { device: "auto", compute: "fp32" },
  ))
    results.push(r);
  return results;
}

describe.skipIf(!existsSync(models))("the cases of ../shared/parity/models", () => {
  it("pass", async () => {
    const results = await collect(models, (name) => here.test(name));
    expect(results.filter((r) => r.status !== "ok").map(caseLine)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(42);
  });
});

describe("the runner", () => {
  const root = mkdtempSync(join(tmpdir(), "cygnet-parity-"));
  afterAll(() => rmSync(root, { recursive: true }));
  const write = (name: string, text: string) => {
    mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, name, "case.json"), text);
  };

  it("fails a case that is malformed or lacks a tensor, with the reason, and goes on", async () => {
    write("a-broken", "{");
    write("b-no-checks", '{"format":"models/1"}');
    write("c-unknown", '{"format":"other/7","kind":"riddle"}');
    write("d-unknown-type", '{"format":"models/1","checks":[{"id":"x","type":"riddle"}]}');
    write(
      "e-missing",
      '{"format":"models/1","checks":[{"id":"x","type":"rope","args":{"head_dim":2,"max_position_embeddings":8,"rope_parameters":{"rope_type":"default","rope_theta":10}},"inputs":{"positions":"p"},"expect":{}}]}',
    );
    write(
      "f-outside",
      '{"format":"models/1","checks":[{"id":"x","type":"read","file":"../../secret","expect":{}}]}',
    );
    const lines = (await collect(root, () => true)).map(caseLine);
    expect(lines).toEqual([
      expect.stringMatching(/^FAIL a-broken: case: .*is not valid JSON/),
      expect.stringMatching(/^FAIL b-no-checks: case: case\.json has no list `checks`/),
      expect.stringMatching(/^skip c-unknown: nothing here does cases of format other\/7, kind riddle/),
      expect.stringMatching(/^skip d-unknown-type: nothing here does checks of type riddle/),
      expect.stringMatching(/^FAIL e-missing: x: .*tensors\.safetensors: does not exist/),
      expect.stringMatching(/^FAIL f-outside: x: .*outside its folder/),
    ]);
  });
});
