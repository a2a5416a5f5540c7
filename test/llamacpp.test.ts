/** @file Exported GGUF files opened by llama.cpp (node-llama-cpp, in bench/peers/llamacpp): the same cuts of a text, the same
 *  logits, the same tokens chosen greedily. Only with CYGNET_FULL, and where the peer is installed. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createModel, exportGguf, type GgufDtype, loadModel } from "../src/models/index.js";
import { createReferenceBackend } from "../src/tensor/backends/reference/index.js";
import { Engine } from "../src/tensor/index.js";
import { type Tokenizer, trainBpe } from "../src/tokenizer/index.js";

const peer = resolve(import.meta.dirname, "../bench/peers/llamacpp");
const installed = existsSync(join(peer, "node_modules/node-llama-cpp"));
const wanted = process.env.CYGNET_FULL !== undefined;
if (wanted && !installed)
  console.warn(
    "llama.cpp is not installed, its tests are left out: npm install --prefix bench/peers/llamacpp",
  );

const folder = mkdtempSync(join(tmpdir(), "cygnet-llamacpp-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly tokens: number[];
  readonly logits: number[][];
  readonly greedy: number[];
}

function ask(file: string, text: string, ids: readonly number[]): Answer {
  const asked = spawnSync(process.execPath, [join(peer, "logits.mjs"), file], {
    input: JSON.stringify({ text, ids, continue: 8 }),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (asked.status !== 0) throw new Error(`llama.cpp: ${asked.stderr}`);
  return JSON.parse(asked.stdout) as Answer;
}

const body = {
  vocab_size: 300,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  initializer_range: 0.15,
  eos_token_id: 0,
};
const llama3 = {
  rope_type: "llama3",
  rope_theta: 10_000,
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 16,
};
const yarn = { rope_type: "yarn", rope_theta: 10_000, factor: 4, original_max_position_embeddings: 16 };
const window = { sliding_window: 8, num_hidden_layers: 7 };
const cases: Record<string, Record<string, unknown>> = {
  llama: { model_type: "llama", ...body },
  "llama, biases and wide heads": { model_type: "llama", ...body, attention_bias: true, head_dim: 32 },
  "llama, tied": { model_type: "llama", ...body, tie_word_embeddings: true },
  "llama, frequencies of Llama 3": { model_type: "llama", ...body, rope_parameters: llama3 },
  "llama, linear": { model_type: "llama", ...body, rope_scaling: { type: "linear", factor: 2 } },
  "llama, YaRN": { model_type: "llama", ...body, rope_parameters: yarn },
  mistral: { model_type: "mistral", ...body, sliding_window: null },
  qwen2: { model_type: "qwen2", ...body, tie_word_embeddings: true },
  qwen3: { model_type: "qwen3", ...body, head_dim: 32 },
  phi3: { model_type: "phi3", ...body },
  gemma: { model_type: "gemma", ...body, head_dim: 32 },
  gemma2: { model_type: "gemma2", ...body, ...window, head_dim: 32, query_pre_attn_scalar: 32 },
  gemma3: { model_type: "gemma3_text", ...body, ...window, head_dim: 32, query_pre_attn_scalar: 32 },
  gpt2: {
    model_type: "gpt2",
    ...{ vocab_size: 300, n_positions: 64, n_embd: 64, n_layer: 2, n_head: 4 },
    initializer_range: 0.15,
    eos_token_id: 0,
  },
};

const SENTENCE = "Once upon a time, Lily's cat found 12345 stones —\n\n  and 漢字 😀 She'd smile.";
let made: Tokenizer | undefined;
const vocabulary = async (pattern: "gpt2" | "gpt4") =>
  (made ??= await trainBpe({
    documents: ["Once upon a time there was a cat and a mat. ".repeat(9)],
    vocabSize: 280,
    pattern,
  }));

describe.skipIf(!wanted || !installed)("llama.cpp opens what is exported", () => {
  const engine = new Engine({ backend: createReferenceBackend() });

  async function compare(config: Record<string, unknown>, dtype: GgufDtype, tolerance: number) {
    const tokenizer = await vocabulary("gpt4");
    const file = join(folder, "model.gguf");
    exportGguf(createModel({ config, engine, seed: 11 }), tokenizer, file, { dtype });
    // The weights as stored: what is compared is the computation.
    const model = loadModel(file, { engine });
    const ids = [...tokenizer.encode(SENTENCE)].slice(0, 24);
    const theirs = ask(file, SENTENCE, ids);
    expect(theirs.tokens).toEqual([...tokenizer.encode(SENTENCE)]);
    const logitsOf = (inputIds: readonly number[]) =>
      engine.noGrad(() =>
        engine.scope(() =>
          model
            .logits(model.hidden({ inputIds: Int32Array.from(inputIds), batch: 1, seq: inputIds.length }))
            .readFloats(),
        ),
      );
    const ours = logitsOf(ids);
    expect(theirs.logits.length).toBe(ids.length);
    const spread = Math.sqrt(ours.reduce((sum, x) => sum + x * x, 0) / ours.length);
    let worst = 0;
    theirs.logits.forEach((row, place) => {
      row.forEach((x, id) => {
        worst = Math.max(worst, Math.abs(x - ours[place * 300 + id]!) / spread);
      });
    });
    expect(worst, "of the spread").toBeLessThan(tolerance);
    const chosen = [...ids];
    while (chosen.length < ids.length + theirs.greedy.length) {
      const last = logitsOf(chosen).subarray(-300);
      chosen.push(last.indexOf(last.reduce((a, b) => Math.max(a, b))));
    }
    return { worst, same: String(chosen.slice(ids.length)) === String(theirs.greedy) };
  }

  it.each(Object.keys(cases))(
    "%s: the same logits and tokens in f32",
    async (name) => {
      // llama.cpp looks GELU up in a table of halves.
      const { worst, same } = await compare(cases[name]!, "f32", /gemma|gpt2/.test(name) ? 5e-3 : 1e-5);
      console.log(`${name}: greatest difference ${worst.toExponential(1)} of the logits' spread`);
      expect(same).toBe(true);
    },
    120_000,
  );

  it.each(["f16", "bf16", "q8_0"] as const)(
    "llama in %s: logits within llama.cpp's rounding of activations",
    async (dtype) => {
      const { worst } = await compare(cases.llama!, dtype, dtype === "q8_0" ? 0.2 : 0.05);
      console.log(`${dtype}: greatest difference ${worst.toExponential(1)} of the logits' spread`);
    },
    120_000,
  );
});
