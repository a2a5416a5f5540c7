import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createEncoder, saveModel } from "../models/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { Engine } from "../tensor/index.js";
import { embedCommand } from "./embed.js";
import { fillMaskCommand } from "./fillMask.js";
import { runProgram } from "./program.js";

const words = ["[UNK]", "[MASK]", "fox", "owl", "sleeps"];
const folder = mkdtempSync(join(tmpdir(), "cygnet-cli-encoders-"));
afterAll(() => rmSync(folder, { recursive: true }));

const engine = new Engine({ backend: createReferenceBackend() });
const config = {
  model_type: "bert",
  vocab_size: words.length,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 16,
  initializer_range: 0.5,
};
saveModel(createEncoder({ config, engine, seed: 2, head: "masked" }), folder);
const mask = {
  id: 1,
  content: "[MASK]",
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
};
writeFileSync(
  join(folder, "tokenizer.json"),
  JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [mask],
    normalizer: null,
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", unk_token: "[UNK]", vocab: Object.fromEntries(words.map((w, i) => [w, i])) },
  }),
);

async function cygnet(...args: string[]) {
  const said = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: false,
    columns: 80,
    write: (text: string) => {
      said[key] += text;
    },
  });
  const io = { out: to("out"), err: to("err"), interactive: false };
  const code = await runProgram([embedCommand, fillMaskCommand], args, { version: "0", io });
  return { code, ...said };
}

it("cygnet embed compares texts, or prints their vectors", async () => {
  const texts = ["--text", "fox sleeps", "--text", "owl", "--text", "fox sleeps"];
  const { code, out } = await cygnet("embed", folder, ...texts);
  expect(code).toBe(0);
  const rows = out.trimEnd().split("\n");
  expect(rows[0]).toMatch(/^ 1\.000 +-?\d\.\d{3} +1\.000 {2}fox sleeps$/);
  const json = (await cygnet("embed", folder, ...texts, "--normalize", "--json")).out.trim().split("\n");
  const vectors = json.map((line) => JSON.parse(line).embedding as number[]);
  expect(vectors.map((v) => v.length)).toEqual([8, 8, 8]);
  expect(Math.hypot(...vectors[1]!)).toBeCloseTo(1, 5);
});

it("cygnet fill-mask ranks words; a text without a mask is the user's mistake", async () => {
  const { code, out } = await cygnet("fill-mask", folder, "--text", "fox [MASK]", "--top", "3");
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n")).toHaveLength(3);
  expect(out).toMatch(/^0\.\d{4} {2}fox /);
  const wrong = await cygnet("fill-mask", folder, "--text", "fox sleeps");
  expect([wrong.code, wrong.out]).toEqual([1, ""]);
  expect(wrong.err).toMatch(/the text has no mask; found "fox sleeps", expected \[MASK\]/);
});
